import { expect, test } from "bun:test";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { credentialsText } from "../support/claude-login.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import { isShown } from "../support/link-mode.ts";
import { fileAppears, waitFor } from "../support/wait-for.ts";

test("gives claude the tree, the active profile and one more descriptor: the session lock", async () => {
  using box = createFakeSandbox();
  const { report, code, stdout } = await box.call(["a", "b"], { profile: "work" });
  expect({ code, stdout, args: report.args, cwd: report.cwd }).toEqual({
    code: 0,
    stdout: "",
    args: ["a", "b"],
    cwd: box.project,
  });
  expect(report.env).toMatchObject({
    CLAUDE_CONFIG_DIR: box.profile("work", "runtime"),
    CLAUTH_ACTIVE_PROFILE: "work",
  });
  expect(Object.values(report.descriptors)).toEqual([
    expect.stringContaining(`${box.profile("work", "sessions")}/`),
  ]);
});

test("removes from the environment what would beat the login, and says so once without a value", async () => {
  using box = createFakeSandbox();
  const env = { ANTHROPIC_AUTH_TOKEN: "secret-value", CLAUDE_CODE_USE_BEDROCK: "1", KEPT: "yes" };
  const { report, stderr } = await box.call([], { profile: "work", env });
  expect(Object.keys(report.env)).not.toContain("ANTHROPIC_AUTH_TOKEN");
  expect(Object.keys(report.env)).not.toContain("CLAUDE_CODE_USE_BEDROCK");
  expect(report.env["KEPT"]).toBe("yes");
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain("ANTHROPIC_AUTH_TOKEN");
  expect(stderr).not.toContain("secret-value");
});

test("is silent on a second call that changes nothing, and writes nothing", async () => {
  using box = createFakeSandbox();
  await box.call([], { profile: "work" });
  const before = everyFile(box.home);
  const { stdout, stderr } = await box.call([], { profile: "work" });
  expect({ stdout, stderr }).toEqual({ stdout: "", stderr: "" });
  expect(everyFile(box.home)).toEqual(before);
  expect(before.join("\n")).toContain(box.profile("work", "runtime/settings.json"));
});

test("shares what is in ~/.claude, and carries a new file of the tree home", async () => {
  using box = createFakeSandbox();
  box.write(".claude/CLAUDE.md", "mine");
  const made = box.profile("work", "runtime/agents/new.md");
  const top = box.profile("work", "runtime/keybindings.json");
  const steps = [
    { do: "write", path: made, text: "an agent" },
    { do: "write", path: top, text: "{}" },
  ] as const;
  await box.call([], { profile: "work", steps });
  expect(isShown(box.profile("work", "runtime/CLAUDE.md"), join(box.home, ".claude", "CLAUDE.md"))).toBe(
    true,
  );
  expect(box.read(".claude/agents/new.md")).toBe("an agent");
  expect(box.read(".claude/keybindings.json")).toBe("{}");
  expect(isShown(top, join(box.home, ".claude", "keybindings.json"))).toBe(true);
});

test("a refreshed token is canonical while claude still runs, not only at its end", async () => {
  using box = createFakeSandbox();
  const go = join(box.root, "go");
  const credentials = credentialsText({ account: "W", generation: 2 });
  const running = box.begin([], {
    profile: "work",
    steps: [
      { do: "refresh", credentials },
      { do: "wait", for: go },
    ],
  });
  const canonical = box.profile("work", "credentials.json");
  await waitFor("the new token", () => box.read(canonical) === credentials);
  await waitFor("the tree", () => isShown(box.profile("work", "runtime/.credentials.json"), canonical));
  box.write(go, "");
  expect(await running.finished).toMatchObject({ code: 0 });
  expect(box.read(canonical)).toBe(credentials);
});

test("an edit of .claude.json reaches the user's while claude still runs", async () => {
  using box = createFakeSandbox();
  const go = join(box.root, "go");
  const server = { demo: { command: "true" } };
  const running = box.begin([], {
    profile: "work",
    steps: [
      { do: "set", key: "mcpServers", value: server },
      { do: "wait", for: go },
    ],
  });
  await waitFor("the server in ~/.claude.json", () => "mcpServers" in box.json(".claude.json"));
  box.write(go, "");
  await running.finished;
  expect(box.json(".claude.json")).toMatchObject({ hasCompletedOnboarding: true, mcpServers: server });
  expect(box.json(box.profile("work", "runtime/.claude.json"))).toMatchObject({ mcpServers: server });
});

test("what goes wrong while claude runs is in the log, and on the terminal only when claude is gone (trap 41)", async () => {
  using box = createFakeSandbox();
  const go = join(box.root, "go");
  const settings = join(box.home, ".claude", "settings.json");
  const running = box.begin([], {
    profile: "work",
    steps: [
      { do: "run", argv: ["mkdir", "-p", settings], steps: [] },
      { do: "write", path: box.profile("work", "runtime/settings.json"), text: '{"theme":"light"}' },
      { do: "wait", for: go },
      { do: "print", stream: "stderr", text: "claude's last line\n" },
    ],
  });
  const log = join(box.store, "log", "clauth.log");
  await waitFor(
    "the failure in the log",
    () => existsSync(log) && box.read(log).includes("settings.json: not_a_file"),
  );
  box.write(go, "");
  const { code, stderr } = await running.finished;
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^claude's last line\nclauth: could not carry settings\.json: .*; the next start tries again\n$/,
  );
});

test("the settings in the tree are the user's plus the overlay, and the overlay never comes home", async () => {
  using box = createFakeSandbox();
  box.addProfile("gateway", undefined, 'base_url = "https://gateway.test"\napi_key = "sk-fake-key"\n');
  const settings = box.write(
    ".claude/settings.json",
    JSON.stringify({ theme: "dark", permissions: { deny: ["a"] } }),
  );
  const { report } = await box.call([], { profile: "gateway" });
  const tree = box.json(box.profile("gateway", "runtime/settings.json"));
  expect(tree).toMatchObject({
    theme: "dark",
    permissions: { deny: ["a"] },
    env: { ANTHROPIC_BASE_URL: "https://gateway.test" },
    apiKeyHelper: expect.stringContaining("__api-key gateway"),
  });
  expect(JSON.stringify(report.env)).not.toContain("sk-fake-key");
  expect(box.json(settings)).toEqual({ theme: "dark", permissions: { deny: ["a"] } });
});

test("starts claude exactly once, and leaves no record of the session", async () => {
  using box = createFakeSandbox();
  const to = join(box.root, "once");
  const running = box.begin([], { profile: "work", steps: [{ do: "write", path: to, text: "" }] });
  await fileAppears(to);
  await running.finished;
  expect(readdirSync(box.profile("work", "sessions"))).toEqual([]);
});

test("files are the user's alone from their creation on, whatever the umask", async () => {
  using box = createFakeSandbox();
  await box.run(["sh", "-c", "umask 0; claude"], { env: { CLAUTH_PROFILE: "work" } });
  expect(everyPath(box.store)).toContain(box.profile("work", "runtime/.claude.json"));
  const loose = everyPath(box.store).filter((path) => (lstatSync(path).mode & 0o077) !== 0);
  const isCopy = (path: string) => isShown(path, path.replace(/^.*\/runtime\//, `${box.home}/.claude/`));
  expect(loose.filter((path) => !lstatSync(path).isSymbolicLink() && !isCopy(path))).toEqual([]);
});

function everyPath(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => join(directory, name));
}

/** Name, inode and times of everything below, without following links. */
function everyFile(directory: string): string[] {
  return everyPath(directory)
    .map((path) => {
      const { ino, mtimeMs, isFile } = fileFacts(path);
      return isFile ? `${path} ${ino} ${mtimeMs}` : `${path} ${ino}`;
    })
    .sort();
}

function fileFacts(path: string) {
  const stat = lstatSync(path);
  return { ino: stat.ino, mtimeMs: stat.mtimeMs, isFile: stat.isFile() };
}
