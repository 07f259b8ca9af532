import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { exitOf } from "../../src/run/exit.ts";
import { statusOf } from "./support/native-parent.ts";
import { through, WAYS } from "./support/programs.ts";

describe("exitOf", () => {
  test("reads every code and every signal of a status word", () => {
    for (let code = 0; code < 256; code++) expect(exitOf(code << 8)).toEqual({ kind: "code", code });
    for (let signal = 1; signal < 65; signal++) {
      expect(exitOf(signal)).toEqual({ kind: "signal", signal });
      // With a core file.
      expect(exitOf(signal | 0x80)).toEqual({ kind: "signal", signal });
    }
  });

  test("a stop is no end", () => {
    for (const signal of [19, 20, 21, 22]) expect(exitOf((signal << 8) | 0x7f)).toBeUndefined();
  });
});

for (const way of WAYS) {
  test.each([0, 1, 2, 42, 125, 126, 127, 128, 130, 143, 255])(
    `${way}: status %p is passed on`,
    async (code) => {
      const status = await statusOf(through(way, "/bin/sh", "-c", `exit ${code}`));
      expect(exitOf(status)).toEqual({ kind: "code", code });
    },
  );

  // HUP INT QUIT ILL ABRT KILL USR1 SEGV USR2 PIPE ALRM TERM XCPU XFSZ SYS, and two of the real-time signals.
  test.each([1, 2, 3, 4, 6, 9, 10, 11, 12, 13, 14, 15, 24, 25, 31, 34, 64])(
    `${way}: death by signal %p is a death by that signal for the parent`,
    async (signal) => {
      const status = await statusOf(through(way, "/bin/sh", "-c", `ulimit -c 0; kill -${signal} $$`));
      expect(exitOf(status)).toEqual({ kind: "signal", signal });
    },
  );
}

test("what is to be done at an exit is done, once", () => {
  const module = join(import.meta.dir, "..", "..", "src", "run", "exit.ts");
  const ends = `
    import { exitAs } from ${JSON.stringify(module)};
    process.on("exit", (code) => console.log("exit", code));
    exitAs({ kind: "code", code: 7 });
  `;
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, "-e", ends]);
  expect({ exitCode, stdout: stdout.toString(), stderr: stderr.toString() }).toEqual({
    exitCode: 7,
    stdout: "exit 7\n",
    stderr: "",
  });
});

test("no second core file is written, whatever the limit", async () => {
  // The program may write one of its own only where its limit says so: here it says no, and the limit of ours says yes.
  const program = through("wait", "/bin/sh", "-c", "ulimit -c 0; kill -QUIT $$");
  const status = await statusOf(["/bin/sh", "-c", 'ulimit -c "$(ulimit -Hc)"; exec "$@"', "sh", ...program]);
  const wroteCore = (status & 0x80) !== 0;
  expect(wroteCore).toBe(false);
});
