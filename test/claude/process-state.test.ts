import { expect, test } from "bun:test";
import { describeClaude, type Lab, type OpenLab } from "../support/claude-lab.ts";
import { credentialsText } from "../support/claude-login.ts";
import { waitFor } from "../support/wait-for.ts";

/**
 * Where the shim can't hand on what the caller had, the real Claude, itself a Bun program, does to itself what Bun did to
 * us: these are the experiments behind the limits that README names.
 */
describeClaude("what a shim in Bun can't hand on makes no difference to Claude:", (openLab) => {
  const bash = (command: string) => `-p '[[bash ${command}]]' --allowedTools Bash`;
  const CASES = [
    [
      "a soft limit of open files, which it raises itself",
      `ulimit -S -n 256; exec claude ${bash("ulimit -n")}`,
    ],
    [
      "SIGPIPE ignored, which it ignores itself",
      `trap "" PIPE; exec claude ${bash("kill -PIPE $$; echo on")}`,
    ],
    ["closed standard streams, which it opens itself", "claude -p hello <&- >&- 2>&-; echo $?"],
  ] as const;

  for (const [what, script] of CASES) {
    test(what, async () => {
      await using lab = await oneAccount(openLab);
      const [direct, shim] = [await spoken(lab, script, false), await spoken(lab, script, true)];
      expect(shim).toEqual(direct);
    });
  }

  test("a deleted working directory, in which it does not start either", async () => {
    await using lab = await oneAccount(openLab);
    const script = 'mkdir gone; cd gone; rmdir "$PWD"; exec claude -p hi';
    for (const isShim of [false, true]) {
      const { code, stdout, stderr } = await spoken(lab, script, isShim);
      expect({ isShim, code, stdout }).toEqual({ isShim, code: 1, stdout: "" });
      expect(stderr).not.toBe("");
    }
  });

  test("SIGCHLD ignored, under which it would take every failed tool for status 1", async () => {
    await using lab = await oneAccount(openLab);
    const script = `exec perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' claude -p '[[bash exit 3]]' --allowedTools Bash`;
    expect((await spoken(lab, script, false)).stdout).toContain("Exit code 1");
    expect((await spoken(lab, script, true)).stdout).toContain("Exit code 3");
  });

  test("a second SIGTERM, SIGHUP or SIGINT, as a whole group gets it: it ends as by one", async () => {
    await using lab = await oneAccount(openLab);
    for (const [signal, status] of [
      ["TERM", 143],
      ["HUP", 129],
      ["INT", 0],
    ] as const) {
      const hold = `[[hold ${signal}]]`;
      const script = `set -m; claude -p '${hold}' & read -r go <"$HOME/go"; kill -${signal} -$!; wait $!; echo "status $?"`;
      await lab.run(["mkfifo", `${lab.home}/go`]);
      const running = lab.start(["bash", "-c", script], { env: { CLAUTH_PROFILE: "work" } });
      await waitFor("the request", async () => (await lab.network.tokensFor(hold)).length > 0);
      await lab.run(["sh", "-c", `echo >"$HOME/go"; rm "$HOME/go"`]);
      expect((await running.finished).stdout).toContain(`status ${status}\n`);
    }
  });
});

async function oneAccount(openLab: OpenLab): Promise<Lab> {
  const lab = await openLab();
  lab.addProfile("work", { account: "W" });
  lab.write(".claude/.credentials.json", credentialsText({ account: "H" }), 0o600);
  return lab;
}

/** Runs the script with the real Claude first on PATH, or with the shim. */
async function spoken(lab: Lab, script: string, isShim: boolean) {
  const path = isShim ? lab.env["PATH"] : `${lab.claude.replace(/\/claude$/, "")}:${lab.env["PATH"]}`;
  return lab.run(["bash", "-c", script], {
    env: { PATH: path, ...(isShim ? { CLAUTH_PROFILE: "work" } : {}) },
  });
}
