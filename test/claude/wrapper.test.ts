import { expect, test } from "bun:test";
import { join } from "node:path";
import { isObject, type Json, type JsonObject } from "../../src/json.ts";
import { describeClaude, type Lab, type OpenLab } from "../support/claude-lab.ts";
import { credentialsText } from "../support/claude-login.ts";
import { waitFor } from "../support/wait-for.ts";

const TURNS = 40;

/** What VS Code gives its own claude: the real one's path first, then a conversation of stream-json on stdin and stdout. */
const STREAM = [
  "-p",
  "--input-format",
  "stream-json",
  "--output-format",
  "stream-json",
  "--verbose",
] as const;

describeClaude("as an editor's process wrapper", (openLab, version) => {
  test("the shim relays a long conversation as the real Claude speaks it, turn by turn", async () => {
    await using lab = await twoAccounts(openLab);
    lab.write("project/.clauthrc", "work\n");
    const direct = await converse(lab, [lab.claude, ...STREAM]);
    const shim = await converse(lab, [join(lab.store, "bin/claude"), lab.claude, ...STREAM]);
    expect(shim.types).toEqual(direct.types);
    expect(shim.replies).toEqual(Array.from({ length: TURNS }, () => "mock-reply to sk-ant-oat01-fakeW"));
    expect(direct.replies).toEqual(Array.from({ length: TURNS }, () => "mock-reply to sk-ant-oat01-fakeH"));
    expect({ code: shim.code, stderr: shim.stderr }).toEqual({ code: direct.code, stderr: direct.stderr });
    // Each turn waited for the answer to the one before: nothing is held back on its way.
    expect(shim.slowest).toBeLessThan(direct.slowest + 1000);
  });

  test("it runs the very binary that it was given, and selects by the working directory", async () => {
    await using lab = await twoAccounts(openLab);
    lab.write("project/.clauthrc", "work\n");
    lab.write("decoy/claude", "#!/bin/sh\necho decoy\n", 0o755);
    const env = { PATH: `${lab.store}/bin:${lab.home}/decoy:/usr/bin:/bin` };
    const named = await lab.run(["claude", lab.claude, "--version"], { env });
    expect(named).toMatchObject({ code: 0, stdout: `${version} (Claude Code)\n`, stderr: "" });
    for (const [cwd, token] of [
      [lab.project, "sk-ant-oat01-fakeW"],
      [lab.home, "sk-ant-oat01-fakeH"],
    ] as const) {
      const { stdout } = await lab.run(["claude", lab.claude, "-p", "hi"], { env, cwd });
      expect(stdout).toBe(`mock-reply to ${token}\n`);
    }
  });

  test("CLAUDE_CODE_PROCESS_WRAPPER puts it before the daemon of background agents", async () => {
    await using lab = await twoAccounts(openLab);
    lab.write(
      ".claude.json",
      JSON.stringify({
        hasCompletedOnboarding: true,
        projects: { [lab.project]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
      }),
      0o600,
    );
    const env = { CLAUTH_PROFILE: "work", CLAUDE_CODE_PROCESS_WRAPPER: join(lab.store, "bin/claude") };
    const started = await lab.run(["claude", "--bg", "in the background"], { env });
    expect(started).toMatchObject({ code: 0 });
    try {
      await waitFor(
        "the agent's request",
        async () => (await lab.network.tokensFor("in the background")).length > 0,
      );
      expect(await lab.network.tokensFor("in the background")).toEqual(["sk-ant-oat01-fakeW"]);
    } finally {
      await lab.run(["claude", "daemon", "stop", "--any"], { env });
    }
    const sessions = async () => JSON.parse((await lab.run(["clauth", "sessions", "--json"])).stdout);
    await waitFor("the end of every session", async () => (await sessions()).length === 0);
  });
});

async function twoAccounts(openLab: OpenLab): Promise<Lab> {
  const lab = await openLab();
  lab.addProfile("work", { account: "W" });
  lab.write(".claude/.credentials.json", credentialsText({ account: "H" }), 0o600);
  return lab;
}

/** Sends one prompt after the other, each when the last was answered; the tenth is half a megabyte long. */
async function converse(lab: Lab, argv: readonly string[]) {
  const child = Bun.spawn(lab.network.inside(argv, lab.project), {
    env: lab.env,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  const stderr = child.stderr.text();
  const types: string[] = [];
  const replies: string[] = [];
  let slowest = 0;
  let asked = performance.now();
  function ask(): void {
    const content =
      replies.length === 9 ? "long ".repeat(100_000) : `turn ${replies.length + 1} \u00e4\u20ac`;
    asked = performance.now();
    child.stdin.write(`${JSON.stringify({ type: "user", message: { role: "user", content } })}\n`);
    child.stdin.flush();
  }
  ask();
  for await (const event of eventsOf(child.stdout)) {
    types.push([event["type"], event["subtype"]].join("/"));
    if (event["type"] !== "result") continue;
    slowest = Math.max(slowest, performance.now() - asked);
    replies.push(String(event["result"]));
    if (replies.length < TURNS) ask();
    else await child.stdin.end();
  }
  return { types, replies, slowest, code: await child.exited, stderr: await stderr };
}

/** Every line of stdout is one event: anything that we printed there would not parse. */
async function* eventsOf(stdout: ReadableStream<Uint8Array>): AsyncGenerator<JsonObject> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stdout) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const event: Json = JSON.parse(line);
      if (!isObject(event)) throw new Error(`no event: ${line}`);
      yield event;
    }
  }
  expect(rest).toBe("");
}
