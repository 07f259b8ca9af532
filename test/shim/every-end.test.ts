import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createProbeSandbox, type Way } from "../support/process-probe.ts";

// Dozens of starts, on a machine that may be busy.
setDefaultTimeout(60_000);

const box = createProbeSandbox();
afterAll(() => box.close());

/** Through a shell, and through Python, which tells 143 from death by SIGTERM. */
const EACH_STATUS = `seq 0 255 | xargs -P 4 -I{} sh -c 'PROBE_STEPS="exit {}" claude; echo "{} $?"' | sort -n`;

test("every exit status from 0 to 255 is the shim's too", async () => {
  const { stdout } = await box.observe("profile", EACH_STATUS);
  const expected = Array.from({ length: 256 }, (_, status) => `${status} ${status}\n`).join("");
  expect(stdout).toBe(expected);
});

/** All that end a process: stops, and those whose default is to be ignored, left out; 32 and 33 belong to the C library. */
const DEADLY = [
  ...Array.from({ length: 31 }, (_, index) => index + 1).filter(
    (signal) => ![17, 18, 19, 20, 21, 22, 23, 28].includes(signal),
  ),
  34,
  35,
  50,
  64,
];

const EACH_DEATH = `python3 -c '
import os, subprocess, sys
for signal in sys.argv[1:]:
    env = dict(os.environ, PROBE_STEPS="raise " + signal)
    print(signal, subprocess.run(["claude"], env=env).returncode)
' ${DEADLY.join(" ")}`;

test("death by every signal is death by that signal, to whoever waits", async () => {
  for (const way of ["direct", "profile"] as const) {
    const { stdout } = await box.observe(way, EACH_DEATH);
    expect({ way, stdout }).toEqual({
      way,
      stdout: DEADLY.map((signal) => `${signal} -${signal}\n`).join(""),
    });
  }
});

for (const shell of ["bash", "dash", "zsh"]) {
  const name = `${shell} says of a claude that died by a signal what it says of a direct one`;
  if (Bun.which(shell) === null) test.skip(`${name}: skipped: there is no ${shell}`, () => {});
  else {
    test(name, async () => {
      const script = `${shell} -c 'for s in 1 2 3 6 11 13 15 24; do PROBE_STEPS="raise $s" claude; echo "$?"; done; true'`;
      const [direct, shim] = [await spoken("direct", script), await spoken("profile", script)];
      expect(shim).toEqual(direct);
      expect(direct.stdout).toContain("143");
    });
  }
}

test("set -e and && go by the end of claude", async () => {
  const script = `PROBE_STEPS="exit 3" claude && echo no; PROBE_STEPS="exit 0" claude && echo yes; set -e; PROBE_STEPS="raise 15" claude; echo never`;
  const [direct, shim] = [await spoken("direct", script), await spoken("profile", script)];
  expect(shim).toEqual(direct);
  expect(shim).toMatchObject({ code: 143, stdout: "yes\n" });
});

const corePattern = readFileSync("/proc/sys/kernel/core_pattern", "latin1").trim();
const cores = "a claude that dumps core leaves one core file, not a second one of the shim";
if (/[/|%]/.test(corePattern)) test.skip(`${cores}: skipped: core files go to ${corePattern}`, () => {});
else {
  test(cores, async () => {
    for (const way of ["direct", "passthrough", "profile"] as const) {
      const directory = join(box.home, `cores-${way}`);
      const script = `mkdir ${directory}; cd ${directory}; ulimit -c unlimited; claude`;
      const { signal } = await box.observe(way, script, { steps: ["raise 11"] });
      const files = readdirSync(directory).filter((name) => name.startsWith("core"));
      expect({ way, signal, files: files.length }).toEqual({ way, signal: "SIGSEGV", files: 1 });
    }
  });
}

/** What a shell printed, without the process ids. */
async function spoken(way: Way, script: string) {
  const { reports, stderr, ...rest } = await box.observe(way, script);
  return { ...rest, stderr: stderr.replace(/\b\d{3,}\b/g, "<pid>") };
}
