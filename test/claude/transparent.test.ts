import { expect, test } from "bun:test";
import { describeClaude, type Lab, type OpenLab } from "../support/claude-lab.ts";
import { credentialsText } from "../support/claude-login.ts";
import { CTRL_C, openPty, plain } from "../support/pty.ts";

const CALLS = [
  ["-p", "hello"],
  ["-p", "[[fail 400]]"],
  ["-p", "hello", "--output-format", "text", "--no-such-option"],
  ["--version"],
  ["--help"],
  ["mcp", "list"],
  ["auth", "status"],
] as const;

/** What the user sees is what the real Claude prints, to the byte; a direct run beside the shim's tells. */
describeClaude("the shim is not to be seen", (openLab) => {
  test("under a profile: stdout, stderr and exit status are those of the direct run", async () => {
    await using lab = await oneProfile(openLab);
    const config = lab.profile("work", "runtime");
    // The tree as the shim prepares it is what the direct run gets.
    await lab.run(["claude", "-p", "first"], { env: { CLAUTH_PROFILE: "work" } });
    for (const args of CALLS) {
      const shim = await lab.run(["claude", ...args], { env: { CLAUTH_PROFILE: "work" } });
      const direct = await lab.run([lab.claude, ...args], { env: { CLAUDE_CONFIG_DIR: config } });
      expect({ args, ...shim }).toEqual({ args, ...direct });
    }
  });

  test("in passthrough: stdout, stderr and exit status are those of the direct run", async () => {
    await using lab = await oneProfile(openLab);
    for (const args of CALLS) {
      const shim = await lab.run(["claude", ...args]);
      const direct = await lab.run([lab.claude, ...args]);
      expect({ args, ...shim }).toEqual({ args, ...direct });
    }
  });

  test("reads the prompt from a pipe", async () => {
    await using lab = await oneProfile(openLab);
    const finished = await lab.run(["claude", "-p"], {
      stdin: "from a pipe",
      env: { CLAUTH_PROFILE: "work" },
    });
    expect(finished).toMatchObject({ code: 0, stdout: "mock-reply to sk-ant-oat01-fakeW\n" });
  });

  test("on a terminal: a turn is answered, two Ctrl-C end it with 0, and the terminal is as before", async () => {
    await using lab = await oneProfile(openLab);
    // Trust and the theme are asked once; the answer of the first run is in the shared state.
    lab.write(".claude.json", JSON.stringify(settledFor(lab)), 0o600);
    const script = 'stty -g; claude; echo "status $?"; stty -g; echo end-of-test';
    const pty = openPty(lab.network.inside(["/bin/sh", "-c", script], lab.project), {
      cwd: lab.project,
      env: { ...lab.env, CLAUTH_PROFILE: "work" },
    });
    try {
      await pty.shows("for agents");
      pty.type("hello");
      await pty.shows("hello");
      pty.type("\r");
      await pty.shows("sk-ant-oat01-fakeW");
      const answered = pty.output().length;
      pty.type(CTRL_C);
      await pty.shows("again to exit", answered);
      pty.type(CTRL_C);
      await pty.shows("end-of-test");
      const lines = plain(pty.output())
        .split(/[\r\n]+/)
        .filter(Boolean);
      expect(lines).toContain("status 0");
      expect(lines.at(-2)).toBe(lines[0]);
    } finally {
      pty.close();
    }
    expect(await lab.network.tokensFor("hello")).toEqual(["sk-ant-oat01-fakeW"]);
  });
});

async function oneProfile(openLab: OpenLab): Promise<Lab> {
  const lab = await openLab();
  lab.addProfile("work", { account: "W" });
  lab.write(".claude/.credentials.json", credentialsText({ account: "H" }), 0o600);
  return lab;
}

function settledFor(lab: Lab) {
  return {
    hasCompletedOnboarding: true,
    projects: { [lab.project]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
  };
}
