import { expect, test } from "bun:test";
import { describeClaude } from "../support/claude-lab.ts";
import { oauthAccountOf } from "../support/claude-login.ts";
import { openPty, plain } from "../support/pty.ts";

describeClaude("statusLine", (openLab) => {
  test("shows profile, account and plan below the prompt, by the one line of the user's settings", async () => {
    await using lab = await openLab();
    lab.addProfile("work", { account: "W" });
    lab.write(
      lab.profile("work", "account.json"),
      JSON.stringify({ oauthAccount: oauthAccountOf("W") }),
      0o600,
    );
    const trusted = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true };
    const settled = { hasCompletedOnboarding: true, projects: { [lab.project]: trusted } };
    lab.write(".claude.json", JSON.stringify(settled), 0o600);
    const statusLine = { type: "command", command: "~/.clauth/bin/clauth statusline" };
    lab.write(".claude/settings.json", JSON.stringify({ statusLine }));
    const pty = openPty(lab.network.inside(["claude"], lab.project), {
      cwd: lab.project,
      env: { ...lab.env, CLAUTH_PROFILE: "work" },
    });
    try {
      await pty.shows("work · w@example.test · max");
      expect(plain(pty.output())).not.toContain("no profile");
    } finally {
      pty.close();
    }
  });
});
