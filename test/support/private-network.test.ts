import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { describeClaude } from "./claude-lab.ts";
import { credentialsText } from "./claude-login.ts";

describeClaude("a private network", (openLab) => {
  test("shows the mock which token the claude of a directory sends", async () => {
    await using lab = await openLab({ shim: false });
    lab.write(".claude/.credentials.json", credentialsText({ account: "A" }), 0o600);
    const finished = await lab.run(["claude", "-p", "hello"]);
    expect(finished).toMatchObject({ code: 0, stdout: "mock-reply to sk-ant-oat01-fakeA\n" });
    expect(await lab.network.tokensFor("hello")).toEqual(["sk-ant-oat01-fakeA"]);
  });

  test("rotates the token of an expired login, once for each refresh token", async () => {
    await using lab = await openLab({ shim: false });
    const file = lab.write(
      ".claude/.credentials.json",
      credentialsText({ account: "A", expired: true }),
      0o600,
    );
    expect(await lab.run(["claude", "-p", "hello"])).toMatchObject({ code: 0 });
    expect(lab.read(file)).toContain("sk-ant-ort01-fakeA.2");
    expect(await lab.network.tokensFor("hello")).toEqual(["sk-ant-oat01-fakeA.2"]);

    writeFileSync(file, credentialsText({ account: "A", expired: true }));
    await lab.run(["claude", "-p", "hello"]);
    // Claude Code leaves a stub without tokens where the endpoint refused the refresh token.
    expect(lab.json(file)).toMatchObject({ claudeAiOauth: { accessToken: "", refreshToken: "" } });
  });

  test("runs the command that the prompt asks the Bash tool for", async () => {
    await using lab = await openLab({ shim: false });
    lab.write(".claude/.credentials.json", credentialsText({ account: "A" }), 0o600);
    const prompt = "[[bash echo depth $CLAUDECODE]]";
    const finished = await lab.run(["claude", "-p", prompt, "--allowedTools", "Bash"]);
    expect(finished.stdout).toBe("tool said: depth 1\n");
  });

  test("lets nothing leave the machine", async () => {
    await using lab = await openLab({ shim: false });
    const routes = await lab.run(["ip", "-brief", "address"]);
    expect(routes.stdout).toMatch(/^lo\s/);
    expect(routes.stdout).not.toMatch(/^(?!lo\s)\S+\s+UP/m);
    const resolved = await lab.run(["getent", "hosts", "registry.npmjs.org"]);
    expect(resolved.code).not.toBe(0);
  });
});
