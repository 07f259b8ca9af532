import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SHIM_MARKER } from "../../src/shim-marker.ts";
import { installExecutables, removeExecutables } from "../../src/windows/executables.ts";

let root: string;
let bin: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "clauth-executables-")));
  bin = join(root, "store", "bin");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A build of the shim, of some version. */
function buildOf(version: string): { executable: string } {
  const executable = join(root, `${version}.exe`);
  writeFileSync(executable, `MZ ${version} ${"x".repeat(5000)}\n${SHIM_MARKER}\n`);
  return { executable };
}

function installed(): Record<string, string> {
  const names = readdirSync(bin).sort();
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(bin, name), "utf8").split(" ")[1] ?? ""]),
  );
}

describe("installing", () => {
  test("puts one file under both names, and nothing else", () => {
    installExecutables(buildOf("1"), bin);
    expect(installed()).toEqual({ "claude.exe": "1", "clauth.exe": "1" });
    const inodes = ["claude.exe", "clauth.exe"].map(
      (name) => statSync(join(bin, name), { bigint: true }).ino,
    );
    expect(inodes[0]).toBe(inodes[1] ?? 0n);
  });

  test("over an older version, and over itself, leaves the new one alone", () => {
    installExecutables(buildOf("1"), bin);
    installExecutables(buildOf("2"), bin);
    expect(installed()).toEqual({ "claude.exe": "2", "clauth.exe": "2" });
    installExecutables({ executable: join(bin, "clauth.exe") }, bin);
    expect(installed()).toEqual({ "claude.exe": "2", "clauth.exe": "2" });
  });

  test("refuses a directory where the real claude is, before anything is changed", () => {
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "claude.exe"), "MZ the real one");
    expect(() => installExecutables(buildOf("1"), bin)).toThrow("is there already and is not clauth's");
    expect(readdirSync(bin)).toEqual(["claude.exe"]);
  });

  test("sweeps what an earlier one had to leave because it ran", () => {
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "claude.exe.77-abc.clauth-old"), "MZ 0");
    writeFileSync(join(bin, "other.old"), "MZ 0");
    installExecutables(buildOf("1"), bin);
    expect(readdirSync(bin).sort()).toEqual(["claude.exe", "clauth.exe", "other.old"]);
  });
});

describe("removing", () => {
  test("takes both names and the directory", () => {
    const build = buildOf("1");
    installExecutables(build, bin);
    expect(removeExecutables(build, bin)).toEqual([]);
    expect(existsSync(bin)).toBe(false);
    expect(removeExecutables(build, bin)).toEqual([]);
  });

  test("leaves what is somebody else's, and names it", () => {
    const build = buildOf("1");
    installExecutables(build, bin);
    const other = join(bin, "claude.exe");
    rmSync(other);
    writeFileSync(other, "MZ the real one");
    expect(removeExecutables(build, bin)).toEqual([other]);
    expect(readdirSync(bin)).toEqual(["claude.exe"]);
  });
});

/** Only Windows keeps a running program from being replaced. */
describe.skipIf(process.platform !== "win32")("while it runs", () => {
  let running: Bun.Subprocess<"pipe", "pipe", "inherit">;

  async function start(path: string): Promise<void> {
    running = Bun.spawn(
      [path, "-e", 'process.stdout.write("up"); process.stdin.on("data", () => process.exit(7))'],
      {
        env: { ...process.env, BUN_BE_BUN: "1" },
        stdin: "pipe",
        stdout: "pipe",
        stderr: "inherit",
      },
    );
    await running.stdout.getReader().read();
  }

  async function end(): Promise<number> {
    running.stdin.write("end\n");
    running.stdin.flush();
    return await running.exited;
  }

  /** Bun itself stands for an older shim. */
  function installRunning(): void {
    mkdirSync(bin, { recursive: true });
    copyFileSync(process.execPath, join(bin, "claude.exe"));
    writeFileSync(join(bin, "claude.exe"), `\n${SHIM_MARKER}\n`, { flag: "a" });
  }

  test("it is replaced all the same, goes on to its end, and is swept by the next installation", async () => {
    installRunning();
    await start(join(bin, "claude.exe"));
    installExecutables(buildOf("2"), bin);
    const left = readdirSync(bin).filter((name) => name.endsWith(".clauth-old"));
    expect(left).toHaveLength(1);
    expect(readFileSync(join(bin, "claude.exe"), "utf8")).toStartWith("MZ 2 ");
    expect(await end()).toBe(7);
    installExecutables(buildOf("3"), bin);
    expect(installed()).toEqual({ "claude.exe": "3", "clauth.exe": "3" });
  });

  test("it is taken from its name, and said to be there still", async () => {
    installRunning();
    await start(join(bin, "claude.exe"));
    const left = removeExecutables(buildOf("2"), bin);
    expect(left).toHaveLength(1);
    expect(left[0]).toEndWith(".clauth-old");
    expect(await end()).toBe(7);
    expect(removeExecutables(buildOf("2"), bin)).toEqual([]);
  });
});

/** A scanner, or a backup, lets nobody else at the file meanwhile. */
describe.skipIf(process.platform !== "win32")("while another program holds it", () => {
  async function held<T>(path: string, milliseconds: number, body: () => T): Promise<T> {
    const script = join(import.meta.dir, "support", "hold-file.ts");
    const argv = [process.execPath, script, path, "0", String(milliseconds)];
    const holder = Bun.spawn(argv, { stdout: "pipe", stderr: "inherit" });
    await holder.stdout.getReader().read();
    try {
      return body();
    } finally {
      holder.kill();
      await holder.exited;
    }
  }

  test("it is replaced once that lets go", async () => {
    installExecutables(buildOf("1"), bin);
    await held(join(bin, "claude.exe"), 250, () => installExecutables(buildOf("2"), bin));
    expect(installed()).toEqual({ "claude.exe": "2", "clauth.exe": "2" });
  });

  test("it stays as it was where that doesn't, and nothing is left beside it", async () => {
    installExecutables(buildOf("1"), bin);
    const failed = await held(join(bin, "claude.exe"), 60_000, () => {
      try {
        return installExecutables(buildOf("2"), bin);
      } catch (error) {
        return error;
      }
    });
    expect(failed).toMatchObject({ kind: expect.stringMatching(/^store_(busy|denied)$/) });
    expect(installed()["claude.exe"]).toBe("1");
    expect(readdirSync(bin).sort()).toEqual(["claude.exe", "clauth.exe"]);
  });
});
