import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { describeClaude, type Lab, type OpenLab } from "../support/claude-lab.ts";
import { childrenOf, isAlive } from "../support/processes.ts";
import { CTRL_C, CTRL_Z, openPty, plain } from "../support/pty.ts";
import { waitFor } from "../support/wait-for.ts";

/** The real Claude's own handling of the terminal (raw mode, its Ctrl-Z, its ends), with the shim between it and bash. */
describeClaude("at a terminal", (openLab) => {
  test("Ctrl-Z suspends both, jobs shows one, fg goes on with the conversation, and two Ctrl-C end it with 0", async () => {
    await using lab = await settledLab(openLab);
    const pty = await shellWithClaude(lab);
    try {
      pty.type(CTRL_Z);
      await pty.shows("Stopped");
      const stopped = pty.output().length;
      pty.type("jobs; stty -a | grep -ow -e '-*isig'; echo jobs-$((40+2))\r");
      await pty.shows("jobs-42", stopped);
      const said = plain(pty.output().slice(stopped));
      expect(said.match(/Stopped/g)).toHaveLength(1);
      // The shell has its own modes again, in which Ctrl-C is a signal.
      expect(said).toMatch(/^isig\s*$/m);

      const resumed = pty.output().length;
      pty.type("fg\r");
      await pty.shows("for agents", resumed);
      pty.type("after fg");
      await pty.shows("after fg", resumed);
      pty.type("\r");
      await pty.shows("sk-ant-oat01-fakeW", resumed);
      pty.type(CTRL_C);
      await pty.shows("again to exit", resumed);
      pty.type(CTRL_C);
      await waitFor("the end of the session", () => sessions(lab).length === 0);
      const ended = pty.output().length;
      pty.type("echo status-$?-\r");
      await pty.shows("status-0-", ended);
    } finally {
      pty.close();
    }
    expect(await lab.network.tokensFor("after fg")).toEqual(["sk-ant-oat01-fakeW"]);
    expect(sessions(lab)).toEqual([]);
  });

  test("SIGTERM to the shim ends both with Claude's own status, and the terminal is as before", async () => {
    await using lab = await settledLab(openLab);
    const pty = await shellWithClaude(lab);
    try {
      process.kill(shimOf(lab), "SIGTERM");
      await waitFor("the end of the session", () => sessions(lab).length === 0);
      const ended = pty.output().length;
      pty.type("echo status-$?-; stty -a | grep -ow -e '-*icanon'; echo end-$((40+2))\r");
      await pty.shows("end-42", ended);
      expect(plain(pty.output().slice(ended))).toContain("status-143-");
      expect(plain(pty.output().slice(ended))).toMatch(/^icanon\s*$/m);
    } finally {
      pty.close();
    }
  });

  test("closing the window ends both, and what was changed in the session is carried home", async () => {
    await using lab = await settledLab(openLab);
    const pty = await shellWithClaude(lab);
    const claude = claudeOf(lab);
    lab.write(lab.profile("work", "runtime/agents/new.md"), "an agent");
    lab.write(lab.profile("work", "runtime/keybindings.json"), "{}");
    pty.hangUp();
    await waitFor("the end of the session", () => sessions(lab).length === 0);
    await waitFor("the end of claude", () => !isAlive(claude));
    expect(lab.read(".claude/keybindings.json")).toBe("{}");
    pty.close();
  });
});

async function settledLab(openLab: OpenLab): Promise<Lab> {
  const lab = await openLab();
  lab.addProfile("work", { account: "W" });
  const trusted = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true };
  const settled = { hasCompletedOnboarding: true, projects: { [lab.project]: trusted } };
  lab.write(".claude.json", JSON.stringify(settled), 0o600);
  return lab;
}

/** bash at a terminal, in which `claude` was typed and shows its screen. */
async function shellWithClaude(lab: Lab) {
  const bash = lab.network.inside(["/bin/bash", "--norc", "--noprofile", "-i"], lab.project);
  const pty = openPty(bash, { cwd: lab.project, env: { ...lab.env, PS1: "$ ", CLAUTH_PROFILE: "work" } });
  pty.type("claude\r");
  await pty.shows("for agents");
  return pty;
}

function sessions(lab: Lab): string[] {
  const directory = lab.profile("work", "sessions");
  return existsSync(directory) ? readdirSync(directory) : [];
}

function shimOf(lab: Lab): number {
  return Number(sessions(lab)[0]?.split("-")[0]);
}

function claudeOf(lab: Lab): number | undefined {
  return childrenOf(shimOf(lab))[0];
}
