import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../src/cli.ts";
import { SHIM_MARKER } from "../../src/shim-marker.ts";
import { registry } from "../../src/windows/registry.ts";

let home: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "clauth-install-")));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The verbs that install.ps1 calls, in this process. */
async function clauth(args: readonly string[], env: Record<string, string | undefined> = {}) {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const executable = join(home, "build.exe");
  writeFileSync(executable, `MZ ${"x".repeat(5000)}\n${SHIM_MARKER}\n`);
  const code = await runCommand({
    args,
    env,
    cwd: home,
    home,
    platform: process.platform,
    executable,
    calledAs: "clauth",
    stdout: { isTerminal: false, write: (text) => void stdout.push(text.replaceAll(home, "~")) },
    stderr: { isTerminal: false, write: (text) => void stderr.push(text.replaceAll(home, "~")) },
  });
  return { code, stdout: stdout.join(""), stderr: stderr.join("") };
}

test.skipIf(process.platform === "win32")(
  "on another system nothing is done, and install.sh is named",
  async () => {
    for (const verb of ["__install", "__uninstall"]) {
      expect(await clauth([verb, "--bin", join(home, "bin")])).toEqual({
        code: 1,
        stdout: "",
        stderr: "clauth: error: this is the work of install.ps1, on Windows\nhint: sh install.sh\n",
      });
    }
    expect(readdirSync(home)).toEqual(["build.exe"]);
  },
);

test("clauth uninstall names the script of the system", async () => {
  const { stdout } = await clauth(["uninstall"]);
  expect(stdout).toContain(
    process.platform === "win32" ? "install.ps1 -Uninstall\n" : "install.sh --uninstall\n",
  );
});

/** It writes the user's PATH: on a machine that is made for it alone. */
describe.skipIf(process.env["WINE_TESTS"] !== "1")("an installation", () => {
  const before = process.platform === "win32" ? registry.read("user", "Path") : undefined;
  afterEach(() => registry.write("Path", before));

  test("is both names and the first place on PATH, once, and leaves nothing behind", async () => {
    const path = { text: "%USERPROFILE%\\go\\bin;C:\\a", expands: true };
    registry.write("Path", path);
    const bin = join(home, ".clauth", "bin");
    const first = await clauth(["__install", "--bin", bin]);
    expect(first).toEqual({
      code: 0,
      stdout:
        "installed claude.exe and clauth.exe in ~\\.clauth\\bin\n~\\.clauth\\bin is first on your PATH\n",
      stderr: "",
    });
    expect(readdirSync(bin).sort()).toEqual(["claude.exe", "clauth.exe"]);
    expect(registry.read("user", "Path")).toEqual({ text: `${bin};${path.text}`, expands: true });

    const again = await clauth(["__install", "--bin", bin]);
    expect(again.stdout).toBe("installed claude.exe and clauth.exe in ~\\.clauth\\bin\n");
    expect(registry.read("user", "Path")).toEqual({ text: `${bin};${path.text}`, expands: true });

    expect(await clauth(["__uninstall", "--bin", bin])).toMatchObject({ code: 0, stderr: "" });
    expect(registry.read("user", "Path")).toEqual(path);
    expect(existsSync(join(home, ".clauth"))).toBe(false);
  });

  test("keeps the profiles and says how to use them, unless they are purged too", async () => {
    const bin = join(home, ".clauth", "bin");
    const work = join(home, ".clauth", "profiles", "work");
    const kept = join(home, ".clauth", "notes.txt");
    mkdirSync(join(work, "runtime"), { recursive: true });
    const fresh = join(home, ".clauth", "profiles", "fresh");
    mkdirSync(fresh);
    writeFileSync(join(fresh, "credentials.json"), "{}");
    writeFileSync(join(home, ".clauth", "profiles.toml"), 'profiles = ["work", "fresh"]\n');
    writeFileSync(kept, "mine");
    await clauth(["__install", "--bin", bin, "--leave-path"]);
    const { stdout } = await clauth(["__uninstall", "--bin", bin]);
    expect(stdout).toContain(
      "work: $env:CLAUDE_CONFIG_DIR = '~\\.clauth\\profiles\\work\\runtime'; claude\n",
    );
    expect(stdout).toContain("copy '~\\.clauth\\profiles\\fresh\\credentials.json' '~");
    expect(existsSync(work)).toBe(true);
    expect(registry.read("user", "Path")).toEqual(before);
    await clauth(["__uninstall", "--bin", bin, "--purge"]);
    expect(readdirSync(join(home, ".clauth"))).toEqual(["notes.txt"]);
  });

  test("says which claude a new console takes where the machine's PATH comes first", async () => {
    const machine = registry.read("machine", "Path")?.text ?? "";
    const windows = machine.split(";").find((entry) => /system32$/i.test(entry)) ?? "";
    const env = { SystemRoot: process.env["SystemRoot"], WINDIR: process.env["WINDIR"] };
    const found = windows.replace(/%systemroot%/i, env.SystemRoot ?? "");
    const claude = join(found, "claude.exe");
    writeFileSync(claude, "MZ the real one");
    try {
      const { stderr } = await clauth(["__install", "--bin", join(home, "bin")], env);
      expect(stderr).toContain("for claude: the machine's PATH comes before yours");
    } finally {
      rmSync(claude);
    }
  });

  test.each(["bin", "\\bin", "C:bin", "C:\\a;b\\bin", "C:\\100%\\bin", 'C:\\a"b'])(
    "into %s is refused, with nothing done",
    async (bin) => {
      const { code, stderr } = await clauth(["__install", "--bin", bin]);
      expect({ code, stderr }).toMatchObject({ code: 2 });
      expect(stderr).toContain("can't be on PATH");
    },
  );
});
