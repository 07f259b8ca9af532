import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { normalRemote, readRemotes, remotesIn } from "../../src/selection/git-remote.ts";

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "clauth-git-")));
});

afterEach(() => rmSync(root, { recursive: true }));

/** The real git, which we never run outside of tests, with no configuration but the repository's own. */
function git(directory: string, ...args: string[]): string {
  const env = { PATH: process.env["PATH"] ?? "", HOME: root, GIT_CONFIG_NOSYSTEM: "1" };
  const user = ["-c", "user.name=a", "-c", "user.email=a@example.test", "-c", "protocol.file.allow=always"];
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", ...user, ...args], { cwd: directory, env });
  if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout.toString();
}

function repository(name: string, url: string): string {
  const path = join(root, name);
  mkdirSync(path);
  git(path, "init", "-q");
  git(path, "commit", "-q", "--allow-empty", "-m", "first");
  git(path, "remote", "add", "origin", url);
  return path;
}

test("reads the remotes of the repository around a directory", () => {
  const path = repository("app", "git@github.com:Acme/app.git");
  git(path, "remote", "add", "fork", "https://user:secret@github.com/me/app");
  mkdirSync(join(path, "src/deep"), { recursive: true });
  expect(readRemotes(join(path, "src/deep"))).toEqual({
    origin: ["github.com/acme/app"],
    others: ["github.com/me/app"],
  });
});

test("reads them in a linked worktree", () => {
  const path = repository("app", "https://github.com/acme/app.git");
  git(path, "worktree", "add", "-q", join(root, "tree"));
  expect(readRemotes(join(root, "tree"))?.origin).toEqual(["github.com/acme/app"]);
});

test("reads those of a submodule, not those of the repository around it", () => {
  const inner = repository("inner", "https://example.test/unused");
  const outer = repository("outer", "https://github.com/acme/outer");
  git(outer, "submodule", "add", "-q", inner, "lib");
  git(join(outer, "lib"), "remote", "set-url", "origin", "https://github.com/other/lib");
  expect(readRemotes(join(outer, "lib"))?.origin).toEqual(["github.com/other/lib"]);
});

test("follows a .git that is a link, and passes over one that is no repository", () => {
  const path = repository("app", "https://github.com/acme/app");
  mkdirSync(join(root, "linked"));
  symlinkSync(join(path, ".git"), join(root, "linked/.git"));
  expect(readRemotes(join(root, "linked"))?.origin).toEqual(["github.com/acme/app"]);
  mkdirSync(join(path, "sub/.git"), { recursive: true });
  expect(readRemotes(join(path, "sub"))?.origin).toEqual(["github.com/acme/app"]);
});

test("finds nothing outside of any repository", () => {
  expect(readRemotes(root)).toBeUndefined();
});

test("refuses a config that another user may have written (as git does)", () => {
  const path = repository("app", "https://github.com/acme/app");
  chmodSync(join(path, ".git/config"), 0o666);
  expect(() => readRemotes(path)).toThrow(
    expect.objectContaining({ kind: "git_config_refused", exitCode: 125 }),
  );
});

test.skipIf(process.geteuid?.() !== 0)(
  "refuses another user's .git that points at a repository of ours",
  () => {
    const path = repository("app", "https://github.com/acme/app");
    mkdirSync(join(root, "trap"));
    writeFileSync(join(root, "trap/.git"), `gitdir: ${join(path, ".git")}\n`);
    expect(readRemotes(join(root, "trap"), 1000)?.origin).toEqual(["github.com/acme/app"]);
    Bun.spawnSync(["chown", "1001", join(root, "trap/.git")]);
    expect(() => readRemotes(join(root, "trap"), 1000)).toThrow(/belongs to another user/);
  },
);

test.each([
  ["https://github.com/acme/app.git", "github.com/acme/app"],
  ["https://user:secret@github.com:443/Acme/App", "github.com/acme/app"],
  ["ssh://git@github.com:22/acme/app.git", "github.com/acme/app"],
  ["git@github.com:acme/app.git", "github.com/acme/app"],
  ["git@github.com-work:acme/app", "github.com-work/acme/app"],
  ["github.com:/acme//app/", "github.com/acme/app"],
  ["ssh://git@[::1]:22/a/b", "[::1]/a/b"],
  ["git://example.test/a", "example.test/a"],
  ["https://github.com/acme/app?x#y", "github.com/acme/app"],
  ["https://evil.test/@github.com/acme/app", "evil.test/@github.com/acme/app"],
  ["https://github.com/", undefined],
  ["/srv/app.git", undefined],
  ["../app", undefined],
  ["./a:b", undefined],
  ["file:///srv/app", undefined],
  ["C:\\work\\app", undefined],
  ["C:/work/app", undefined],
  ["ext::sh -c evil", undefined],
  ["", undefined],
])("writes the remote %j as %j", (url, expected) => {
  expect(normalRemote(url)).toBe(expected);
});

test("reads a config as git reads it: quotes, escapes, comments, continued lines, case", () => {
  const path = repository("app", "https://github.com/acme/zero");
  const config = [
    '[REMOTE "origin"] URL = "https://github.com/acme/one" ; first',
    "\turl = https://github.com/acme/\\",
    "two # second",
    '[core] ; [remote "not"]',
    "\turl = https://github.com/acme/no",
    '[remote "a \\"b\\" ] c"]',
    "\turl = https://github.com/acme/three ",
    "\tpushurl = https://github.com/acme/no",
    "# url = https://github.com/acme/no",
  ].join("\n");
  writeFileSync(join(path, ".git/config"), config);
  const urls = git(path, "config", "--file", ".git/config", "--get-regexp", "^remote\\..*\\.url$");
  const byGit = urls
    .trimEnd()
    .split("\n")
    .map((line) => normalRemote(line.slice(line.lastIndexOf(" ") + 1)) ?? "");
  const { origin, others } = remotesIn(config);
  expect([...origin, ...others]).toEqual(byGit);
  expect(byGit).toEqual(["github.com/acme/one", "github.com/acme/two", "github.com/acme/three"]);
});

test("ends on any text, and never gives a user or a password", () => {
  const piece = fc.constantFrom(
    "[remote ",
    '"origin"',
    "]",
    "url",
    "=",
    "https://u:secret@h/p",
    "\\",
    "\n",
    '"',
    "#",
    " ",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const { origin, others } = remotesIn(`[remote "x"]\nurl = ${pieces.join("")}`);
      for (const remote of [...origin, ...others]) expect(remote.split("/")[0]).not.toContain("@");
    }),
  );
});
