import { expect, test } from "bun:test";
import { ask } from "../../src/doctor/ask.ts";

const place = { env: process.env, cwd: "/" };

test("answers what the program wrote, and takes no input", async () => {
  expect(await ask({ argv: ["sh", "-c", "cat; echo here"], ...place })).toBe("here\n");
});

test("a program that is not there gives no answer", async () => {
  expect(await ask({ argv: ["/nowhere/sh"], ...place })).toBeUndefined();
});

test("what it leaves running is neither waited for nor ended", async () => {
  const began = performance.now();
  const answer = await ask({ argv: ["sh", "-c", "sleep 20 & echo $!"], ...place });
  expect(performance.now() - began).toBeLessThan(4000);
  const left = Number(answer);
  expect(process.kill(left, 0)).toBe(true);
  process.kill(left);
});

test("one that waits, and what it started, is ended when the time is up", async () => {
  const began = performance.now();
  const argv = ["sh", "-c", "sleep 60 & sleep 60"];
  expect(await ask({ argv, ...place, withinMs: 50 })).toBeUndefined();
  expect(performance.now() - began).toBeLessThan(5000);
});

test.skipIf(process.platform !== "linux")(
  "it is in a session of its own, so it can take no terminal",
  async () => {
    const answer = await ask({ argv: ["sh", "-c", "echo $$; cut -d' ' -f5,6 /proc/$$/stat"], ...place });
    const [pid, ids] = (answer ?? "").split("\n");
    expect(ids).toBe(`${pid} ${pid}`);
  },
);
