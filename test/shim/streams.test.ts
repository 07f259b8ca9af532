import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { createProbeSandbox, type Observed, WAYS } from "../support/process-probe.ts";

// Dozens of starts, on a machine that may be busy.
setDefaultTimeout(60_000);

/** Streams are claude's own descriptors and nothing is relayed: what is odd about them is odd for claude alike. */
const box = createProbeSandbox();
afterAll(() => box.close());

const FIVE_MEGABYTES = "head -c 5000000 /dev/zero | tr '\\0' z";

/** A pipe that does not block and is full: Node makes such pipes for its children's output. */
const FULL = `
import os, subprocess
read, write = os.pipe()
os.set_blocking(write, False)
full = 0
try:
    while True: full += os.write(write, b"f" * 4096)
except BlockingIOError: pass
`;

const CASES: readonly (readonly [name: string, script: string, printed: string])[] = [
  [
    "five megabytes pass whole",
    `${FIVE_MEGABYTES} | claude | md5sum`,
    "91f22afd5d4ce69f6372825bce80685b  -\n",
  ],
  [
    "a reader that comes late loses nothing",
    `${FIVE_MEGABYTES} | claude | { sleep .2; wc -c; }`,
    "5000000\n",
  ],
  ["claude ends with its reader", `yes | claude | head -n 1; echo \${PIPESTATUS[1]}`, "y\n141\n"],
  ["claude hears of a full device", "echo x | claude >/dev/full; echo $?", "97\n"],
  [
    "a full pipe that does not block stays so, and loses nothing",
    `python3 -c '${FULL}
claude = subprocess.Popen(["claude"], stdin=subprocess.PIPE, stdout=write)
os.close(write)
claude.stdin.write(b"x" * 60000); claude.stdin.close()
rest = full + 60000
while rest: rest -= len(os.read(read, 65536))
print(claude.wait())'`,
    "0\n",
  ],
];

for (const [name, script, printed] of CASES) {
  test(name, async () => {
    for (const way of WAYS) {
      const seen: Observed = await box.observe(way, script, { steps: ["cat"] });
      expect(seen).toMatchObject({ code: 0, stdout: printed, stderr: "" });
    }
  });
}

test("a line of ours for which stderr has no room does not hold claude back", async () => {
  const script = `python3 -c '${FULL}
print(subprocess.run(["claude"], stderr=write).returncode)'`;
  const env = { ANTHROPIC_API_KEY: "sk-ant-api03-fakeKey" };
  expect(await box.observe("profile", script, { env })).toMatchObject({ code: 0, stdout: "0\n" });
});
