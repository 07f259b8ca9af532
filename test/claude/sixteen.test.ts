import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { NEWEST_CLAUDE } from "../support/claude-install.ts";
import { describeClaude, type Lab } from "../support/claude-lab.ts";

describeClaude(
  "sixteen at once",
  (openLab) => {
    // Sixteen real Claudes on two cores.
    setDefaultTimeout(240_000);

    test("over three profiles, one of them expired: one refresh, each with its own account, every transcript and edit is the user's", async () => {
      await using lab = await openLab();
      lab.addProfile("alpha", { account: "A" });
      lab.addProfile("beta", { account: "B", expired: true });
      lab.addProfile("gamma", { account: "C" });
      lab.write(".claude/settings.json", JSON.stringify({ permissions: { deny: ["Read(secret)"] } }));
      lab.write(".claude.json", JSON.stringify({ hasCompletedOnboarding: true, mine: 0 }));
      const calls = Array.from({ length: 16 }, (_, index) => ({
        profile: (["alpha", "beta", "gamma"] as const)[index % 3] ?? "alpha",
        prompt: `prompt number ${index}.`,
      }));
      const runs = calls.map(({ profile, prompt }) =>
        lab.run(["claude", "-p", prompt], { env: { CLAUTH_PROFILE: profile } }),
      );
      const ended = Promise.all(runs);
      const edits = await editHomeUntil(lab, ended);
      for (const finished of await ended) expect(finished).toMatchObject({ code: 0, stderr: "" });

      const token = {
        alpha: "sk-ant-oat01-fakeA",
        beta: "sk-ant-oat01-fakeB.2",
        gamma: "sk-ant-oat01-fakeC",
      };
      for (const { profile, prompt } of calls)
        expect({ prompt, tokens: await lab.network.tokensFor(prompt) }).toEqual({
          prompt,
          tokens: [token[profile]],
        });
      const refreshes = (await lab.network.requests()).filter(({ what }) => what === "POST /v1/oauth/token");
      expect(refreshes.map(({ refreshToken }) => refreshToken)).toEqual(["sk-ant-ort01-fakeB"]);
      expect(lab.json(lab.profile("beta", "credentials.json"))).toMatchObject({
        claudeAiOauth: { refreshToken: "sk-ant-ort01-fakeB.2" },
      });

      const transcripts = transcriptsOf(lab);
      for (const { prompt } of calls)
        expect({ prompt, in: transcripts.filter((text) => text.includes(prompt)).length }).toEqual({
          prompt,
          in: 1,
        });
      // One more start of each carries what a sibling left.
      for (const profile of ["alpha", "beta", "gamma"]) {
        await lab.run(["claude", "--version"], { env: { CLAUTH_PROFILE: profile } });
        expect(readdirSync(lab.profile(profile, "sessions"))).toEqual([]);
        expect(lab.json(lab.profile(profile, "runtime/.claude.json"))).toMatchObject({ mine: edits });
        expect(lab.json(lab.profile(profile, "runtime/settings.json"))).toMatchObject({
          permissions: { deny: ["Read(secret)"] },
          cleanupPeriodDays: edits,
        });
      }
      expect(lab.json(".claude.json")).toMatchObject({ mine: edits });
    });
  },
  [NEWEST_CLAUDE],
);

/** The user edits both files at home, as an editor does, until the others have ended. */
async function editHomeUntil(lab: Lab, end: Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = end.finally(() => {
    isOver = true;
  });
  let edits = 0;
  while (!isOver) {
    edits += 1;
    lab.write(
      ".claude/settings.json",
      JSON.stringify({ ...lab.json(".claude/settings.json"), cleanupPeriodDays: edits }),
    );
    lab.write(".claude.json", JSON.stringify({ ...lab.json(".claude.json"), mine: edits }));
    await Promise.race([over, Bun.sleep(200)]);
  }
  return edits;
}

function transcriptsOf(lab: Lab): readonly string[] {
  const projects = join(lab.home, ".claude", "projects");
  return readdirSync(projects, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => lab.read(join(projects, name)));
}
