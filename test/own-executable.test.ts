import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isCalled } from "../src/called-as.ts";
import { isShim } from "../src/own-executable.ts";
import { SHIM_MARKER } from "../src/shim-marker.ts";

let directory: string;
let executable: string;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "clauth-own-")));
  executable = program("bin/clauth", `\x7fELF${"x".repeat(9000)} the end of this build`);
});

afterEach(() => rmSync(directory, { recursive: true }));

function program(name: string, content: string): string {
  const path = join(directory, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  return path;
}

function at(name: string): string {
  const path = join(directory, name);
  mkdirSync(join(path, ".."), { recursive: true });
  return path;
}

test("knows itself by a symlink, a hard link and a copy", () => {
  symlinkSync(executable, at("a/claude"));
  symlinkSync("../a/claude", at("b/claude"));
  linkSync(executable, at("c/claude"));
  copyFileSync(executable, at("d/claude"));
  for (const name of ["a", "b", "c", "d"])
    expect([name, isShim(at(`${name}/claude`), { executable })]).toEqual([name, true]);
});

test("knows another version by the marker at its end", () => {
  const other = program("old/claude", `\x7fELF${"y".repeat(20_000)}\n${SHIM_MARKER}\n`);
  expect(isShim(other, { executable })).toBe(true);
});

test("knows a run from source by the marker at the start of a script", () => {
  const script = program(
    "src/claude",
    `#!/bin/sh\n# ${SHIM_MARKER}\nexec bun main.ts "$@"\n${"#".repeat(9000)}`,
  );
  expect(isShim(script, { executable })).toBe(true);
});

test("knows another build without a marker by the clauth beside it", () => {
  const other = program("second/clauth", "\x7fELF other build");
  linkSync(other, at("second/claude"));
  expect(isShim(at("second/claude"), { executable })).toBe(true);
});

test("takes no other program for itself", () => {
  const same = `\x7fELF${"x".repeat(9000)} THE end of this build`;
  expect(isShim(program("real/claude", same), { executable })).toBe(false);
  expect(isShim(program("script/claude", "#!/bin/sh\nexec /opt/claude\n"), { executable })).toBe(false);
  program("beside/clauth", "something else");
  expect(isShim(program("beside/claude", "\x7fELF real"), { executable })).toBe(false);
  expect(isShim(at("beside/clauth"), { executable })).toBe(false);
  expect(isShim(program("empty/claude", ""), { executable })).toBe(false);
  expect(isShim(at("none/claude"), { executable })).toBe(false);
});

test("takes an executable that it can't read for another program", () => {
  const unreadable = program("locked/claude", "\x7fELF real");
  chmodSync(unreadable, 0o111);
  expect(isShim(unreadable, { executable })).toBe(false);
});

test("goes by the word that was typed, in any case, with a directory and .exe or without", () => {
  const called = (calledAs: string) => [isCalled("claude", { calledAs }), isCalled("clauth", { calledAs })];
  for (const word of ["claude", "/opt/bin/claude", "./Claude", "CLAUDE.EXE"])
    expect(called(word)).toEqual([true, false]);
  for (const word of ["clauth", "bin/clauth", "clauth.exe"]) expect(called(word)).toEqual([false, true]);
  for (const word of ["", "claude-old", "myclaude", "claude.cmd", "claude/x"])
    expect(called(word)).toEqual([false, false]);
});
