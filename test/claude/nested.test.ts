import { expect, test } from "bun:test";
import { join } from "node:path";
import { describeClaude, type Lab, type OpenLab } from "../support/claude-lab.ts";
import { credentialsText } from "../support/claude-login.ts";
import { waitFor } from "../support/wait-for.ts";

/** Whatever Claude starts finds the shim by PATH: a claude in there keeps the profile, unless its directory says otherwise. */
describeClaude("a claude that a claude starts", (openLab) => {
  const WAYS: Readonly<Record<string, (lab: Lab, command: string) => readonly string[]>> = {
    "from the Bash tool": (_, command) => ["claude", "-p", `[[bash ${command}]]`, "--allowedTools", "Bash"],
    "from a hook": (lab, command) => {
      const hooks = { SessionStart: [{ hooks: [{ type: "command", command: oncePer(lab, command) }] }] };
      return ["claude", "-p", "outer", "--settings", lab.write("hooks.json", JSON.stringify({ hooks }))];
    },
    "from an MCP server": (lab, command) => {
      const server = lab.write("server.sh", `#!/bin/sh\n${oncePer(lab, command)}\n`, 0o755);
      const config = JSON.stringify({ mcpServers: { nested: { command: server } } });
      return ["claude", "-p", "outer", "--mcp-config", lab.write("mcp.json", config)];
    },
    "from the Bash tool, in a session of its own": (_, command) => [
      "claude",
      "-p",
      `[[bash setsid -w sh -c '${command}']]`,
      "--allowedTools",
      "Bash",
    ],
  };

  for (const [where, argv] of Object.entries(WAYS)) {
    test(`${where} keeps the profile, and takes that of another directory`, async () => {
      await using lab = await twoProfiles(openLab);
      const command = [
        "(cd ~/elsewhere && claude -p kept </dev/null)",
        "(cd ~/named && claude -p named </dev/null)",
        "true",
      ].join("; ");
      const finished = await lab.run(argv(lab, command), { env: { CLAUTH_PROFILE: undefined } });
      expect(finished.code).toBe(0);
      await waitFor("both", async () => (await lab.network.tokensFor("named")).length > 0);
      expect(await lab.network.tokensFor("kept")).toEqual(["sk-ant-oat01-fakeW"]);
      expect(await lab.network.tokensFor("named")).toEqual(["sk-ant-oat01-fakeP"]);
    });
  }

  test("is steered by a project's settings: that is said, and refused where projects have to be allowed", async () => {
    await using lab = await twoProfiles(openLab);
    const settings = lab.write("project/.claude/settings.json", '{"env":{"CLAUTH_PROFILE":"private"}}');
    const argv = ["claude", "-p", "[[bash claude -p inner </dev/null]]", "--allowedTools", "Bash"];
    const env = { CLAUTH_PROFILE: "work" };
    const named = await lab.run(argv, { env });
    expect(named).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`env.CLAUTH_PROFILE in ${settings}`),
    });
    expect(await lab.network.tokensFor("inner")).toEqual(["sk-ant-oat01-fakeP"]);

    lab.write(".clauth/clauth.toml", 'trust = "allow"\n', 0o600);
    const refused = await lab.run(argv, { env });
    expect(refused).toMatchObject({ code: 125, stderr: expect.stringContaining("would steer every claude") });
    expect(await lab.network.tokensFor("inner")).toHaveLength(1);
  });

  test("with a CLAUDE_CONFIG_DIR of its own is not sent where the profile around it is sent", async () => {
    await using lab = await twoProfiles(openLab);
    lab.write(lab.profile("work", "config.toml"), 'base_url = "https://claude.ai"\n', 0o600);
    lab.write("mine/.credentials.json", credentialsText({ account: "M" }), 0o600);
    const inside = `CLAUDE_CONFIG_DIR=~/mine claude -p '[[bash echo "<$ANTHROPIC_BASE_URL>"]]' --allowedTools Bash </dev/null`;
    const script = lab.write("nested.sh", `echo "$ANTHROPIC_BASE_URL"\n${inside}\n`);
    const argv = ["claude", "-p", `[[bash sh ${script}]]`, "--allowedTools", "Bash"];
    const { stdout } = await lab.run(argv);
    expect(stdout).toContain("https://claude.ai");
    expect(stdout).toContain("tool said: <>");
    const tokens = (await lab.network.requests()).map(({ token }) => token);
    expect(tokens).toContain("sk-ant-oat01-fakeM");
  });

  test("of another profile sheds what its parent had before config.toml changed under it", async () => {
    await using lab = await twoProfiles(openLab);
    lab.write(lab.profile("work", "config.toml"), '[env]\nNO_PROXY = "former.example"\n', 0o600);
    const script = lab.write(
      "nested.sh",
      `sed -i s/former/latter/ "$CLAUTH_HOME/profiles/work/config.toml"
      claude -p renewed </dev/null
      echo "$NO_PROXY"
      CLAUTH_PROFILE=private claude -p '[[bash echo "<$NO_PROXY>"]]' --allowedTools Bash </dev/null`,
    );
    const finished = await lab.run(["claude", "-p", `[[bash sh ${script}]]`, "--allowedTools", "Bash"]);
    expect(finished.stdout).toContain("former.example");
    expect(finished.stdout).toContain("tool said: <>");
    expect(lab.read(lab.profile("work", "runtime/settings.json"))).toContain("latter.example");
  });
});

async function twoProfiles(openLab: OpenLab): Promise<Lab> {
  const lab = await openLab();
  lab.addProfile("work", { account: "W" });
  lab.addProfile("private", { account: "P" });
  lab.write("project/.clauthrc", "work\n");
  lab.write("named/.clauthrc", "private\n");
  lab.write("elsewhere/notes", "");
  return lab;
}

/** The nested claude has the same hooks and servers only where it has the same options: this guards against surprises. */
function oncePer(lab: Lab, command: string): string {
  return `mkdir ${join(lab.root, "once")} 2>/dev/null && { ${command}; } >/dev/null 2>&1`;
}
