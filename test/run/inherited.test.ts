import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exitOf } from "../../src/run/exit.ts";
import { startNative, statusOf } from "./support/native-parent.ts";
import { createReporter, holds, STAND_IN, through, WAYS } from "./support/programs.ts";

const KEPT = `PATH=${process.env["PATH"]}`;

/** Latin-1 texts stand for bytes. */
const ODD_ARGUMENTS = [
  "",
  "a b",
  "two\nlines",
  "-p",
  "--",
  "\xff\xfe",
  "\xc3\xbc",
  "$HOME",
  "*",
  "\x01\x7f",
  "",
];

for (const way of WAYS) {
  describe(`${way}:`, () => {
    test("arguments arrive to the byte", async () => {
      using reporter = createReporter();
      await statusOf(through(way, ...reporter.command(...ODD_ARGUMENTS)), environmentOf(reporter));
      expect(reporter.read().args).toEqual(ODD_ARGUMENTS);
    });

    test("as long as the kernel lets one be, and as many as a large repository has files", async () => {
      using reporter = createReporter();
      const longest = "x".repeat(128 * 1024 - 1);
      const many = Array.from({ length: 2000 }, (_, index) => `file-${index}`);
      await statusOf(through(way, ...reporter.command(longest, ...many)), environmentOf(reporter));
      expect(reporter.read().args).toEqual([longest, ...many]);
    });

    test("the environment arrives to the byte and in its order, less what is removed, plus what is set", async () => {
      using reporter = createReporter();
      const odd = ["TWICE=1", "TWICE=2", "EMPTY=", "=odd", "NOTHING", "BYTES=\xff\xfe", "LINES=a\nb"];
      const environment = [KEPT, `REPORT=${reporter.directory}`, ...odd, "GONE=1", "GONE=2", "STAND_IN=no"];
      await statusOf(through(way, ...reporter.command()), { environment });
      expect(reporter.read().environment).toEqual([
        KEPT,
        `REPORT=${reporter.directory}`,
        ...odd,
        "STAND_IN=yes",
      ]);
    });

    test("extra descriptors arrive under their numbers, and none of ours with them", async () => {
      using reporter = createReporter();
      const path = join(reporter.directory, "input");
      await Bun.write(path, "text");
      const from = openSync(path, "r");
      const descriptors = [3, 4, 9, 63].map((to) => ({ from, to }));
      const start = { ...environmentOf(reporter), descriptors };
      await statusOf(reporter.command(), start);
      const direct = reporter.read().descriptors;
      await statusOf(through(way, ...reporter.command()), start);
      closeSync(from);
      expect(direct).toMatchObject({ 3: path, 4: path, 9: path, 63: path });
      expect(reporter.read().descriptors).toEqual(direct);
    });

    test("a descriptor that was open while they were listed and is gone by the start is left out", async () => {
      using reporter = createReporter();
      const from = openSync("/dev/zero", "r");
      const descriptors = [9, 63].map((to) => ({ from, to }));
      const environment = [KEPT, `REPORT=${reporter.directory}`, "CLOSES=9"];
      const status = await statusOf(through(way, ...reporter.command()), { environment, descriptors });
      closeSync(from);
      expect(exitOf(status)).toEqual({ kind: "code", code: 0 });
      const { descriptors: arrived } = reporter.read();
      expect(arrived).toMatchObject({ 63: "/dev/zero" });
      expect(arrived).not.toHaveProperty("9");
    });

    test("process substitution of the shell works", async () => {
      const words = through(way, "/bin/cat").map((word) => `'${word}'`);
      const child = Bun.spawnSync(["bash", "-c", `${words.join(" ")} <(echo one) <(echo two)`]);
      expect(child.stdout.toString()).toBe("one\ntwo\n");
    });

    test("ignored signals stay ignored, and no other is", async () => {
      using reporter = createReporter();
      const command = through(way, ...reporter.command());
      const script = 'trap "" HUP INT QUIT USR1 TERM TSTP TTIN TTOU; exec "$@"';
      await statusOf(["/bin/sh", "-c", script, "sh", ...command], environmentOf(reporter));
      const { ignored, blocked } = reporter.read();
      const names = [1, 2, 3, 10, 15, 20, 21, 22];
      expect([...Array(64).keys()].map((bit) => bit + 1).filter((signal) => holds(ignored, signal))).toEqual(
        names,
      );
      expect(blocked).toBe(0n);
    });

    test("none is ignored where the caller ignores none, SIGPIPE neither", async () => {
      using reporter = createReporter();
      await statusOf(through(way, ...reporter.command()), environmentOf(reporter));
      expect(reporter.read().ignored).toBe(0n);
    });

    test("umask, directory, group and session are the caller's", async () => {
      using reporter = createReporter();
      const command = through(way, ...reporter.command());
      const script = `cd '${reporter.directory}'; umask 0027; exec "$@"`;
      const child = startNative(["/bin/sh", "-c", script, "sh", ...command], environmentOf(reporter));
      await child.status;
      const report = reporter.read();
      expect(report).toMatchObject({ umask: "0027", cwd: reporter.directory });
      const [, , group, session] = ownStat();
      expect([report.group, report.session]).toEqual([Number(group), Number(session)]);
      if (way === "become") expect(report.pid).toBe(child.pid);
      else expect(report.parent).toBe(child.pid);
    });
  });
}

test("what cmdline and environ of the kernel hold is told apart from Bun's own words", async () => {
  const child = Bun.spawnSync([...STAND_IN, "tell", "", "ü", "x y"], { env: { A: "1", B: "" } });
  expect(JSON.parse(child.stdout.toString())).toEqual({
    args: ["", "Ã¼", "x y"],
    environment: ["A=1", "B="],
    descriptors: [],
    ignoredSignals: [],
  });
});

function environmentOf({ env }: { readonly env: { readonly REPORT: string } }) {
  return { environment: [KEPT, `REPORT=${env.REPORT}`] };
}

function ownStat(): string[] {
  return readFileSync("/proc/self/stat", "latin1")
    .replace(/^.*\) /s, "")
    .split(" ");
}
