import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "../../src/doctor/ask.ts";
import { waitFor } from "../support/wait-for.ts";

/** As test/doctor/ask.test.ts, which has a shell for it. */
describe.skipIf(process.platform !== "win32")("asking a program on Windows", () => {
  let directory: string;
  beforeAll(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), "clauth-ask-")));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const asked = (script: string, withinMs?: number) =>
    ask({
      argv: [process.execPath, "-e", script],
      env: process.env,
      cwd: directory,
      ...(withinMs && { withinMs }),
    });

  test("answers what it wrote, and takes no input", async () => {
    expect(await asked('process.stdin.on("end", () => console.log("here")); process.stdin.resume();')).toBe(
      "here\n",
    );
  });

  test("one that waits, and what it started, is ended when the time is up", async () => {
    const file = join(directory, "pid").replaceAll("\\", "/");
    const waits = "setTimeout(() => {}, 60_000);";
    const script = `const child = Bun.spawn([process.execPath, "-e", "${waits}"]);
      require("node:fs").writeFileSync("${file}", String(child.pid)); ${waits}`;
    expect(await asked(script, 3000)).toBeUndefined();
    expect(existsSync(file)).toBe(true);
    const pid = Number(readFileSync(file, "utf8"));
    await waitFor("the process is gone", () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
  }, 20_000);
});
