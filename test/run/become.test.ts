import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { through, WAYS } from "./support/programs.ts";

const directory = mkdtempSync(join(tmpdir(), "clauth-become-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, text: string, mode: number): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode });
  return path;
}

const REFUSED: readonly (readonly [string, string, number, string])[] = [
  ["is not there", join(directory, "missing"), 127, "is gone"],
  ["may not be executed", file("plain", "#!/bin/sh\n", 0o644), 126, "is not executable"],
  ["is a directory", directory, 126, "is not a file"],
  ["is no program", file("text", "echo hello\n", 0o755), 126, "neither a program nor a script"],
  ["is empty", file("empty", "", 0o755), 126, "neither a program nor a script"],
  ["has no interpreter", file("orphan", "#!/nowhere/sh\n", 0o755), 126, "interpreter is missing"],
];

for (const way of WAYS) {
  describe(`${way}:`, () => {
    test.each(REFUSED)("a program that %s is told with its exit status", (_, path, code, words) => {
      const child = Bun.spawnSync(through(way, path));
      expect(child.exitCode).toBe(code);
      expect(child.stderr.toString()).toStartWith(`clauth: error: can't start ${path}: it `);
      expect(child.stderr.toString()).toContain(words);
      expect(child.stderr.toString()).toContain("\nhint: ");
      expect(child.stdout.toString()).toBe("");
    });

    test("standard input, output and error are the program's own", () => {
      const child = Bun.spawnSync(through(way, "/bin/sh", "-c", "cat; echo err >&2"), {
        stdin: Buffer.from("from the caller"),
      });
      expect(child.stdout.toString()).toBe("from the caller");
      expect(child.stderr.toString()).toBe("err\n");
    });

    test("not a byte of standard input is read ahead", () => {
      const line = 'read -r first; "$@"; cat';
      const command = [
        "/bin/sh",
        "-c",
        line,
        "sh",
        ...through(way, "/bin/sh", "-c", "read -r second; echo $second"),
      ];
      const input = file("input", "one\ntwo\nthree\n", 0o600);
      const child = Bun.spawnSync(command, { stdin: Bun.file(input) });
      expect(child.stdout.toString()).toBe("two\nthree\n");
    });

    test("a reader that goes away ends the program by SIGPIPE", () => {
      const words = through(way, "/bin/sh", "-c", "while :; do echo line; done").map((word) => `'${word}'`);
      const script = `set -o pipefail; ${words.join(" ")} | head -n 1 >/dev/null`;
      expect(Bun.spawnSync(["bash", "-c", script]).exitCode).toBe(128 + 13);
    });
  });
}
