import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { readConfig } from "../../src/config/config.ts";
import type { Context } from "../../src/context.ts";
import { testOnlyFaults } from "../../src/disk/disk.ts";
import { isLinux } from "../../src/fs/linux.ts";
import { storeOf } from "../../src/paths.ts";
import { plainPick } from "../../src/selection/plain-pick.ts";
import { resolveSelection } from "../../src/selection/resolve.ts";
import { hashOf } from "../../src/selection/trust.ts";

/** Hundreds of worlds are made on the disk. */
setDefaultTimeout(120_000);

let root: string;

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "clauth-plain-pick-")));
});

afterAll(() => rmSync(root, { recursive: true }));

const DIRECTORIES = ["", "home", "home/a", "home/a/b", "home/a/b/c", "elsewhere", "elsewhere/a"];
const PROFILES = ["work", "personal"];

const someName = fc.constantFrom("work", "personal", "Work", "system", "gone", "", "../work", "work ");
const rcFile = fc.record({
  directory: fc.constantFrom(...DIRECTORIES),
  text: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("work\n", "personal", "system\n") },
    someName,
    fc.constantFrom(
      "# mine\nwork\n",
      "work\r\n",
      "\uFEFFwork\n",
      "work\npersonal\n",
      'profile = "work"\n',
      "\n",
    ),
  ),
  kind: fc.constantFrom("file", "file", "file", "shared", "directory", "link", "dangling"),
  said: fc.constantFrom(undefined, undefined, "denied", "allowed", "stale", "announced"),
});
const rule = fc.record({
  key: fc.constantFrom("dir", "dir", "dir", "remote"),
  directory: fc.constantFrom(...DIRECTORIES, "~", "~/a", "nowhere"),
  profile: fc.constantFrom("work", "personal", "system", "gone"),
});
const world = fc.record({
  cwd: fc.constantFrom(...DIRECTORIES),
  rcFiles: fc.uniqueArray(rcFile, { maxLength: 2, selector: ({ directory }) => directory }),
  head: fc.constantFrom(
    undefined,
    "",
    'default = "personal"\n',
    'default = "system"\n',
    'trust = "allow"\n',
    'claude = "/opt/claude"\n',
    "quiet = true\n",
    "not = = toml",
  ),
  rules: fc.array(rule, { maxLength: 2 }),
  env: fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    someName.map((name) => ({ CLAUTH_PROFILE: name })),
    fc.constantFrom("", "/own", "TREE").map((directory) => ({ CLAUDE_CONFIG_DIR: directory })),
  ),
  isTerminal: fc.boolean(),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

test.skipIf(!isLinux)("picks what the long way picks, or leaves it the choice", async () => {
  const seen = new Map<string, number>();
  const count = (kind: string) => seen.set(kind, (seen.get(kind) ?? 0) + 1);
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const context = callIn(given);
      const store = storeOf(context);
      const short = await plainPick(context, store).catch(() => undefined);
      const isLeft = short?.choice !== undefined && !["system", ...PROFILES].includes(short.choice);
      if (short === undefined || isLeft) {
        count("left");
        return;
      }
      const { selection, notes, firstUse } = resolveSelection(context, store, await readConfig(store));
      expect(notes).toEqual([]);
      expect(firstUse).toBeUndefined();
      const choice = selection.kind === "profile" ? String(selection.name) : CHOICES[selection.kind];
      expect({ ...short, choice: short.choice && String(short.choice) }).toEqual({
        choice,
        explicit: selection.source.kind === "env",
      });
      count(selection.source.kind);
    }),
    { numRuns: 800 },
  );
  for (const kind of ["env", "rc", "rule", "default", "none", "left"])
    expect([kind, (seen.get(kind) ?? 0) > 10]).toEqual([kind, true]);
});

test.skipIf(!isLinux)("goes by nothing that took the place of a file that others may write", async () => {
  const context = callIn({
    cwd: "home/a",
    rcFiles: [{ directory: "home/a", text: "work\n", kind: "shared", said: undefined }],
    head: undefined,
    rules: [],
    env: {},
    isTerminal: false,
  });
  const path = join(root, "home/a/.clauthrc");
  writeFileSync(`${path}.ours`, "work\n");
  using _ = testOnlyFaults(({ open }) => ({
    open: (opened, ...how) => {
      if (opened === path) renameSync(`${path}.ours`, path);
      return open(opened, ...how);
    },
  }));
  expect(await plainPick(context, storeOf(context))).toBeUndefined();
});

const CHOICES = { system: "system", none: undefined };

/** The files of a world, and a call in it. */
function callIn({ cwd, rcFiles, head, rules, env, isTerminal }: World): Context {
  rmSync(root, { recursive: true });
  for (const directory of DIRECTORIES) mkdirSync(join(root, directory), { recursive: true });
  mkdirSync(join(root, "elsewhere/.git"));
  writeFileSync(join(root, "elsewhere/.git/config"), '[remote "origin"]\nurl = git@github.com:acme/app\n');
  const home = join(root, "home");
  const store = join(home, ".clauth");
  for (const name of PROFILES) mkdirSync(join(store, "profiles", name), { recursive: true });
  const records = { verdicts: {}, announced: {} };
  for (const file of rcFiles) {
    const path = join(root, file.directory, ".clauthrc");
    makeRcFile(path, file);
    Object.assign(records.verdicts, verdictOf(path, file));
    if (file.said === "announced") Object.assign(records.announced, { [path]: file.text.trim() });
  }
  if (rcFiles.some(({ said }) => said !== undefined))
    writeFileSync(join(store, "trust.json"), JSON.stringify(records), { mode: 0o600 });
  const lines = rules.map(
    ({ key, directory, profile }) =>
      `[[rule]]\n${key} = "${patternOf(key, directory)}"\nprofile = "${profile}"\n`,
  );
  if (head !== undefined)
    writeFileSync(join(store, "clauth.toml"), [head, ...lines].join(""), { mode: 0o600 });
  const stream = { isTerminal, write: () => expect.unreachable() };
  const variables = Object.entries(env).map(([name, value]) => [
    name,
    value === "TREE" ? join(store, "profiles/personal/runtime") : value,
  ]);
  return {
    args: [],
    env: Object.fromEntries(variables),
    cwd: join(root, cwd),
    home,
    platform: "linux",
    executable: "/none/clauth",
    calledAs: "claude",
    stderr: stream,
    stdout: stream,
  };
}

function makeRcFile(path: string, { kind, text }: World["rcFiles"][number]): void {
  if (kind === "directory") mkdirSync(path);
  else if (kind === "dangling") symlinkSync("nowhere", path);
  else if (kind === "link") {
    writeFileSync(`${path}.aside`, text);
    symlinkSync(".clauthrc.aside", path);
  } else {
    writeFileSync(path, text);
    chmodSync(path, kind === "shared" ? 0o666 : 0o644);
  }
}

function verdictOf(path: string, { said, text }: World["rcFiles"][number]): Record<string, string> {
  const hash = (content: string) => hashOf(new TextEncoder().encode(content));
  if (said === "denied") return { [path]: "denied" };
  if (said === "allowed") return { [path]: hash(text) };
  return said === "stale" ? { [path]: hash(`${text}#`) } : {};
}

function patternOf(key: string, directory: string): string {
  if (key === "remote") return "github.com/acme/*";
  return directory.startsWith("~") ? directory : join(root, directory);
}
