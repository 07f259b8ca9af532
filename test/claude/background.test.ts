import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { describeClaude, type Lab, type OpenLab } from "../support/claude-lab.ts";
import { LINK_MODE } from "../support/link-mode.ts";
import { isAlive } from "../support/processes.ts";
import { waitFor } from "../support/wait-for.ts";

/** Agents that `claude --bg` leaves behind: they hold no session lock of ours, and work on when the call has ended. */
describeClaude("background agents", (openLab, version) => {
  test("go on with the profile's login after the call that started them, and remove and rename wait for them", async () => {
    await using lab = await labWithProfile(openLab);
    const started = await lab.run(["claude", "--bg", "[[hold answer]]"], { env: { CLAUTH_PROFILE: "work" } });
    expect(started).toMatchObject({ code: 0, signal: null });
    try {
      expect(lab.json(lab.profile("work", "runtime/daemon.lock"))).toMatchObject({
        pid: expect.any(Number),
        procStart: expect.any(String),
        version,
      });
      await waitFor("the agent's record", () => workers(lab).length > 0);
      // 2.1.197 gives its agents no base URL and no proxy, yet they ask the very hosts that are the mock here.
      await waitFor(
        "the agent's request",
        async () => (await lab.network.tokensFor("[[hold answer]]")).length > 0,
      );
      expect(await lab.network.tokensFor("[[hold answer]]")).toEqual(["sk-ant-oat01-fakeW"]);

      for (const argv of [
        ["clauth", "remove", "work"],
        ["clauth", "rename", "work", "job"],
      ]) {
        const refused = await lab.run(argv);
        expect(refused.code).toBe(1);
        expect(refused.stderr).toContain('background agents of Claude Code run under profile "work"');
        expect(refused.stderr).toContain("clauth run work -- daemon stop --any");
      }

      // A session beside the agent, and its finalize, leave the agent's tree alone.
      const beside = await lab.run(["claude", "-p", "beside"], { env: { CLAUTH_PROFILE: "work" } });
      expect(beside).toMatchObject({ code: 0, stdout: "mock-reply to sk-ant-oat01-fakeW\n" });
      await lab.network.release("answer");
      const [job = ""] = workers(lab);
      await waitFor("the answer", async () => {
        // No shim lives beside the agent: what it writes into a copy is the tree's alone until somebody looks.
        if (LINK_MODE === "copy") await lab.run(["clauth", "sync", "work"]);
        return transcript(lab, job).includes("mock-reply to");
      });
      const asked = (await lab.network.requests()).filter(({ what }) => what === "POST /v1/messages");
      expect(new Set(asked.map(({ token }) => token))).toEqual(new Set(["sk-ant-oat01-fakeW"]));
    } finally {
      await lab.run(["clauth", "run", "work", "--", "daemon", "stop", "--any"]);
    }
    await waitFor(
      "the daemon's end",
      async () => (await lab.run(["clauth", "rename", "work", "job"])).code === 0,
    );
    expect(await lab.run(["clauth", "remove", "job"])).toMatchObject({ code: 0 });
  });

  test("that outlive a killed daemon still keep the profile in use", async () => {
    await using lab = await labWithProfile(openLab);
    await lab.run(["claude", "--bg", "[[hold answer]]"], { env: { CLAUTH_PROFILE: "work" } });
    await waitFor(
      "the agent's request",
      async () => (await lab.network.tokensFor("[[hold answer]]")).length > 0,
    );
    const daemon = Number(lab.json(lab.profile("work", "runtime/daemon.lock"))["pid"]);
    const agents = Object.values(roster(lab)).map(({ pid }) => pid);
    process.kill(daemon, "SIGKILL");
    await waitFor("the daemon's end", () => !isAlive(daemon));
    const survivors = agents.filter(isAlive);
    const refused = await lab.run(["clauth", "remove", "work"]);
    expect({ survivors: survivors.length > 0, code: refused.code }).toEqual({ survivors: true, code: 1 });
    expect(refused.stderr).toContain("background agents");
  });
});

async function labWithProfile(openLab: OpenLab): Promise<Lab> {
  const lab = await openLab();
  lab.addProfile("work", { account: "W" });
  const trusted = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true };
  const settled = { hasCompletedOnboarding: true, projects: { [lab.project]: trusted } };
  lab.write(".claude.json", JSON.stringify(settled), 0o600);
  return lab;
}

type Worker = { readonly pid: number; readonly sessionId: string };

function roster(lab: Lab): Readonly<Record<string, Worker>> {
  const { workers }: { workers: Readonly<Record<string, Worker>> } = JSON.parse(
    readFileSync(lab.profile("work", "runtime/daemon/roster.json"), "utf8"),
  );
  return workers;
}

function workers(lab: Lab): string[] {
  try {
    return Object.values(roster(lab)).map(({ sessionId }) => sessionId);
  } catch {
    return [];
  }
}

function transcript(lab: Lab, session: string): string {
  const file = `${lab.home}/.claude/projects/${lab.project.replaceAll(/[^A-Za-z0-9]/g, "-")}/${session}.jsonl`;
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
