import { expect, test } from "bun:test";
import { describeClaude, type Lab } from "../support/claude-lab.ts";
import { waitFor } from "../support/wait-for.ts";

const SESSION_OF_WORK = { env: { CLAUTH_PROFILE: "work", CLAUTH_DEBUG: "1" } };

/** Claude writes into its tree in every session: only what is noted after its end can spare the next start a look at all of it. */
describeClaude("a start after a session in which only Claude wrote", (openLab) => {
  test("has nothing to verify", async () => {
    await using lab = await openLab();
    lab.addProfile("work", { account: "W" });
    await lab.run(["claude", "-p", "one"], SESSION_OF_WORK);
    expect(await startedAtRest(lab, "two")).toBe(true);
    expect(await startedAtRest(lab, "three")).toBe(true);
    lab.write(".claude/output-styles/mine.md", "new");
    expect(await startedAtRest(lab, "four")).toBe(false);
    expect(await startedAtRest(lab, "five")).toBe(true);
  });

  test("has nothing to verify after two sessions at the same time", async () => {
    await using lab = await openLab();
    lab.addProfile("work", { account: "W" });
    const first = lab.start(["claude", "-p", "[[hold first]]"], SESSION_OF_WORK);
    await waitFor(
      "the first session's request",
      async () => (await lab.network.tokensFor("[[hold first]]")).length === 1,
    );
    await lab.run(["claude", "-p", "second"], SESSION_OF_WORK);
    await lab.network.release("first");
    await first.finished;
    expect(await startedAtRest(lab, "third")).toBe(true);
  });
});

async function startedAtRest(lab: Lab, prompt: string): Promise<boolean> {
  const { code, stderr } = await lab.run(["claude", "-p", prompt], SESSION_OF_WORK);
  expect(code).toBe(0);
  return stderr.includes("the tree is not verified");
}
