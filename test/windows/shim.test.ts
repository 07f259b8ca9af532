import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { credentialsText } from "../support/claude-login.ts";
import { fileAppears, waitFor } from "../support/wait-for.ts";
import { LAUNCHERS } from "./launchers.ts";
import { exitCodeOf } from "./support/exit-code.ts";
import type { WindowsReport } from "./support/fake-claude.ts";

/** The compiled claude.exe before a claude of its own on PATH, as `wine.sh` makes them (`support/executables.ts`). */
describe.skipIf(process.platform !== "win32")("claude.exe", () => {
  const executables = dirname(process.execPath);
  const native = join(executables, "real");
  let home = "";
  let npm = "";
  beforeEach(() => {
    home = realpathSync.native(mkdtempSync(join(tmpdir(), "clauth-shim-")));
    npm = join(home, "npm");
    addProfile("work");
    addProfile("play");
    write(".claude/CLAUDE.md", "for all\n");
    write("npm/claude.cmd", LAUNCHERS.npmScript("node_modules\\claude-code\\cli.js"));
    const script = JSON.stringify(join(import.meta.dir, "support", "fake-claude.ts"));
    write("npm/node_modules/claude-code/cli.js", `await import(${script});\n`);
  });
  afterEach(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  };
  const read = (path: string) => readFileSync(join(home, path), "utf8");
  const profile = (name: string, path: string) => join(".clauth", "profiles", name, path);
  const logins = new Map<string, string>();

  function addProfile(name: string): void {
    logins.set(name, credentialsText({ account: name }));
    write(profile(name, "credentials.json"), logins.get(name) ?? "");
    write(".clauth/profiles.toml", 'profiles = ["work", "play"]\n');
  }

  function start(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    claude = native,
    before: readonly string[] = [],
    name = "claude.exe",
  ) {
    const { SystemRoot, TEMP, TMP, PATHEXT, ComSpec } = process.env;
    const kept = { SystemRoot, TEMP, TMP, PATHEXT, ComSpec, WINE_TESTS: "1" };
    const path = [executables, claude].join(delimiter);
    const report = join(home, "report.json");
    return Bun.spawn([...before, join(executables, name), ...args], {
      cwd: home,
      env: { ...kept, PATH: path, USERPROFILE: home, FAKE_REPORT: report, FAKE_STEPS: "report", ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: Bun.file(join(home, "stderr.txt")),
    });
  }

  async function run(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    claude = native,
    name = "claude.exe",
  ) {
    const child = start(args, env, claude, [], name);
    const code = await exitCodeOf(child);
    return { code, stdout: await child.stdout.text(), stderr: read("stderr.txt") };
  }

  const reported = (): WindowsReport => JSON.parse(read("report.json"));
  const args = ["", "a b", 'q"t', "tr\\", "tr ail\\\\", "ünï→😀", "%PATH%", "a&b|c<d>^e", "-p"];

  for (const [way, place] of [
    ["a native claude.exe", () => native],
    ["npm's claude.cmd", () => npm],
  ] as const) {
    test(`${way} runs under each profile with its own login, and what the user typed`, async () => {
      for (const name of ["work", "play"]) {
        const env = { CLAUTH_PROFILE: name, ANTHROPIC_API_KEY: "sk-ant-api03-fakeZ" };
        const { code, stderr } = await run(args, env, place());
        expect({ code, stderr }).toEqual({
          code: 0,
          stderr: `clauth: profile "${name}" does not use ANTHROPIC_API_KEY from the environment\n`,
        });
        const { key, ...seen } = reported();
        expect(key).toBeUndefined();
        expect(seen).toMatchObject({
          args,
          cwd: home,
          profile: name,
          configDirectory: join(home, profile(name, "runtime")),
          memory: "for all\n",
        });
        expect(seen.credentials === logins.get(name)).toBe(true);
      }
    });

    test(`${way} runs without a profile as if the shim were not there`, async () => {
      expect(await run(args, { FAKE_STEPS: "report exit=300" }, place())).toEqual({
        code: 300,
        stdout: "",
        stderr: "",
      });
      expect(reported()).toMatchObject({ args, cwd: home });
      expect(reported().configDirectory).toBeUndefined();
    });
  }

  test.each([1, 255, 256, 0xc000013a])("exit code %p is passed on under a profile", async (code) => {
    const answer = await run([], { CLAUTH_PROFILE: "work", FAKE_STEPS: `exit=${code}` });
    expect(answer).toEqual({ code, stdout: "", stderr: "" });
  });

  test.each([
    ["Ctrl-C", "0", "", 0xc000013a],
    ["Ctrl-C", "0", "catch=9 ", 9],
  ])("%s (%s) is claude's own, and the session is closed after it: %s%p", async (_, event, caught, code) => {
    const steps = `${caught}write=notes.md report wait=${join(home, "never")}`;
    const keys = join(import.meta.dir, "support", "press-keys.ts");
    const person = [process.execPath, keys, event, join(home, "report.json")];
    const child = start([], { CLAUTH_PROFILE: "work", FAKE_STEPS: steps }, native, person);
    expect(Number(await child.stdout.text())).toBe(code);
    expect(read(".claude/notes.md")).toBe("from a session\n");
    expect(readdirSync(join(home, profile("work", "sessions")))).toEqual([]);
  });

  test.each(["login", "logout"])("clauth %s of a profile of ~/.claude ends as claude did", async (verb) => {
    write(profile("work", "config.toml"), "home = true\n");
    const answer = await run([verb, "work"], { FAKE_STEPS: "report" }, native, "clauth.exe");
    expect(answer).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(reported()).toMatchObject({ args: ["auth", verb] });
  });

  test("a refreshed login is the profile's own afterwards, and the next session has it", async () => {
    const refreshed = credentialsText({ account: "work", generation: 2 });
    const steps = `refresh=${encodeURIComponent(refreshed)} write=notes.md`;
    expect(await run([], { CLAUTH_PROFILE: "work", FAKE_STEPS: steps })).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(read(profile("work", "credentials.json")) === refreshed).toBe(true);
    expect(read(profile("play", "credentials.json")) === logins.get("play")).toBe(true);
    await run([], { CLAUTH_PROFILE: "work" });
    expect(reported().credentials === refreshed).toBe(true);
    expect(read(".claude/notes.md")).toBe("from a session\n");
  });

  test("a killed shim takes claude along, as a killed claude would have gone, and the next start repairs", async () => {
    const refreshed = credentialsText({ account: "work", generation: 2 });
    const steps = `refresh=${encodeURIComponent(refreshed)} report wait=${join(home, "never")}`;
    const child = start([], { CLAUTH_PROFILE: "work", FAKE_STEPS: steps });
    await fileAppears(join(home, "report.json"));
    const { pid } = reported();
    child.kill("SIGKILL");
    await child.exited;
    await waitFor("the end of claude", () => !lives(pid));
    rmSync(join(home, "report.json"));
    expect(await run([], { CLAUTH_PROFILE: "work" })).toMatchObject({ code: 0, stderr: "" });
    expect(reported().credentials === refreshed).toBe(true);
    expect(read(profile("work", "credentials.json")) === refreshed).toBe(true);
  });
});

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
