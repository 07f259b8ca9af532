import { expect, test } from "bun:test";
import { describeClaude } from "../support/claude-lab.ts";

describeClaude("a profile with an API key", (openLab) => {
  test("sends its key, which Claude asks clauth for, and puts it into no environment", async () => {
    await using lab = await openLab();
    lab.addProfile("client", undefined, 'api_key = "sk-ant-api03-fakeClient"\n');
    const finished = await lab.run(
      ["claude", "-p", "[[bash env | grep -c fakeClient || true]]", "--allowedTools", "Bash"],
      {
        env: { CLAUTH_PROFILE: "client", ANTHROPIC_API_KEY: "sk-ant-api03-fakeShell" },
      },
    );
    expect(finished).toMatchObject({ code: 0, stdout: "tool said: 0\n" });
    const messages = (await lab.network.requests()).filter(({ what }) => what === "POST /v1/messages");
    expect(new Set(messages.map(({ token }) => token))).toEqual(new Set(["sk-ant-api03-fakeClient"]));
    expect(lab.read(lab.profile("client", "runtime/settings.json"))).not.toContain("fakeClient");
  });
});
