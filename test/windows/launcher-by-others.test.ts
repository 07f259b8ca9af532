import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, win32 } from "node:path";
import { readLauncher } from "../../src/windows/launcher.ts";
import { windowsProgram } from "../../src/windows/program.ts";
import { LAUNCHERS } from "./launchers.ts";

let root: string;
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "clauth-launchers-")));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The generator inside the npm of this machine; there may be none. */
function npmsGenerator(): string | undefined {
  const npm = Bun.which("npm");
  if (npm === null) return undefined;
  const place = join(dirname(realpathSync(npm)), "..", "node_modules", "cmd-shim");
  return existsSync(place) ? place : undefined;
}

describe.skipIf(npmsGenerator() === undefined)("what npm itself writes is understood", () => {
  test.each([
    ["a script of node", "#!/usr/bin/env node\n", "cli.js", []],
    ["a script of node with flags", "#!/usr/bin/env -S node --no-warnings\n", "cli.js", ["--no-warnings"]],
    [
      "a program, or what stands for it before it is unpacked",
      'echo "not installed" >&2\n',
      "claude.exe",
      undefined,
    ],
  ])("%s", async (_, content, name, flags) => {
    const target = join(root, "npm", "node_modules", "pkg", name);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
    const write = `require(process.argv[1])(process.argv[2], process.argv[3])`;
    const file = join(root, "npm", "claude");
    const made = Bun.spawnSync(["node", "-e", write, npmsGenerator() ?? "", target, file]);
    expect(made.stderr.toString()).toBe("");
    const calls = readLauncher(readFileSync(`${file}.cmd`, "utf8"), "C:\\npm\\claude.cmd");
    const path = `C:\\npm\\node_modules\\pkg\\${name}`;
    expect(calls).toEqual(
      flags === undefined
        ? [{ program: path, args: [] }]
        : ["C:\\npm\\node.exe", "node"].map((program) => ({ program, args: [...flags, path] })),
    );
  });
});

/** cmd itself is the judge; elsewhere there is none. */
describe.skipIf(process.platform !== "win32")("what cmd starts is what is started without it", () => {
  const SAYS = "console.log(JSON.stringify(process.argv.slice(1)));process.exit(7);";
  let script: string;
  beforeAll(() => {
    const bin = join(root, "with space (x86)", "bin");
    mkdirSync(join(bin, "sub"), { recursive: true });
    script = join(bin, "sub", "cli.js");
    writeFileSync(script, SAYS);
    copyFileSync(process.execPath, join(bin, "sub", "claude.exe"));
    mkdirSync(join(root, "nodejs"));
    linkSync(join(bin, "sub", "claude.exe"), join(root, "nodejs", "node.exe"));
  });

  const shapes = Object.entries(LAUNCHERS).flatMap(([shape, write]) =>
    [false, true].map((beside) => ({ shape, write, beside })),
  );

  test.each(shapes)("$shape, with a node beside it: $beside", ({ shape, write, beside }) => {
    const bin = dirname(dirname(script));
    const isScript = shape.endsWith("Script");
    rmSync(join(bin, "node.exe"), { force: true });
    if (beside) linkSync(join(root, "nodejs", "node.exe"), join(bin, "node.exe"));
    const launcher = join(bin, "claude.cmd");
    writeFileSync(launcher, write(isScript ? "sub\\cli.js" : "sub\\claude.exe"));
    // A program is Bun here, and takes the script as its first argument.
    const args = [...(isScript ? [] : [script]), "a b", "plain", "-p"];
    const driver = join(bin, "driver.cmd");
    writeFileSync(
      driver,
      `@echo off\r\ncall "%~dp0claude.cmd" ${args.map((arg) => `"${arg}"`).join(" ")}\r\n`,
    );
    const env = { ...process.env, PATH: `${join(root, "nodejs")};${process.env["PATH"]}` };
    const comspec = process.env["ComSpec"] ?? "cmd.exe";
    const byCmd = Bun.spawnSync([comspec, "/d", "/c", "driver.cmd"], { cwd: bin, env });
    const program = windowsProgram(launcher, { PATH: env.PATH });
    const direct = Bun.spawnSync([program?.path ?? "", ...(program?.before ?? []), ...args], {
      cwd: bin,
      env,
    });
    // Node makes the same of a backslash too many; Bun stands for it here.
    const said = ({ exitCode, stdout }: { exitCode: number; stdout: Buffer }) => {
      const [ran = "", ...others] = JSON.parse(stdout.toString());
      return { exitCode, argv: [win32.normalize(ran), ...others] };
    };
    expect(said(direct)).toEqual(said(byCmd));
    expect(said(direct)).toMatchObject({ exitCode: 7, argv: [script, ...args.slice(isScript ? 0 : 1)] });
  });
});
