import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isObject, parseJson } from "../../src/json.ts";
import { describeClaude, type Lab, logIn, type OpenLab } from "../support/claude-lab.ts";

describeClaude("what the profiles share", (openLab) => {
  test("an MCP server added in one profile is the user's and the other profile's", async () => {
    await using lab = await twoProfiles(openLab);
    const added = await as(lab, "work", ["claude", "mcp", "add", "-s", "user", "demo", "--", "/bin/true"]);
    expect(added).toMatchObject({ code: 0 });
    expect(lab.json(".claude.json")).toMatchObject({ mcpServers: { demo: { command: "/bin/true" } } });
    const listed = await as(lab, "private", ["claude", "mcp", "list"]);
    expect(listed.stdout).toContain("demo");
  });

  test("an MCP server removed in one profile is gone in the other", async () => {
    await using lab = await twoProfiles(openLab);
    await as(lab, "work", ["claude", "mcp", "add", "-s", "user", "demo", "--", "/bin/true"]);
    await as(lab, "private", ["claude", "mcp", "remove", "-s", "user", "demo"]);
    expect(lab.json(".claude.json")["mcpServers"] ?? {}).toEqual({});
    const listed = await as(lab, "work", ["claude", "mcp", "list"]);
    expect(listed.stdout).not.toContain("demo");
  });

  test("a conversation of one profile goes on under the other, with the other's account", async () => {
    await using lab = await twoProfiles(openLab);
    const first = await as(lab, "work", ["claude", "-p", "first", "--output-format", "json"]);
    const session = parseJson(new TextEncoder().encode(first.stdout));
    const id = isObject(session) ? String(session["session_id"]) : "";
    const second = await as(lab, "private", ["claude", "-p", "second", "--resume", id]);
    expect(second).toMatchObject({ code: 0, stdout: "mock-reply to sk-ant-oat01-fakeP\n" });
    expect(await lab.network.tokensFor("first")).toEqual(["sk-ant-oat01-fakeW"]);
    expect(await lab.network.tokensFor("second")).toEqual(["sk-ant-oat01-fakeP"]);

    const projects = join(lab.home, ".claude", "projects");
    const transcripts = readdirSync(projects, { recursive: true, encoding: "utf8" });
    const transcript = transcripts.find((name) => name.endsWith(`${id}.jsonl`)) ?? "missing";
    const text = lab.read(join(projects, transcript));
    expect(text).toContain("mock-reply to sk-ant-oat01-fakeW");
    expect(text).toContain("mock-reply to sk-ant-oat01-fakeP");
  });

  test("what identifies an account stays with its profile", async () => {
    await using lab = await twoProfiles(openLab);
    await logIn(lab, "work", "W");
    await logIn(lab, "private", "P");
    await as(lab, "work", ["claude", "-p", "hello"]);
    await as(lab, "private", ["claude", "-p", "hello"]);
    expect(lab.json(lab.profile("work", "runtime/.claude.json"))).toMatchObject({
      oauthAccount: { emailAddress: "w@example.test" },
    });
    expect(lab.json(lab.profile("private", "runtime/.claude.json"))).toMatchObject({
      oauthAccount: { emailAddress: "p@example.test" },
    });
    expect(Object.keys(lab.json(".claude.json"))).not.toContain("oauthAccount");
  });
});

async function twoProfiles(openLab: OpenLab): Promise<Lab> {
  const lab = await openLab();
  lab.addProfile("work", { account: "W" });
  lab.addProfile("private", { account: "P" });
  return lab;
}

function as(lab: Lab, profile: string, argv: readonly string[]) {
  return lab.run(argv, { env: { CLAUTH_PROFILE: profile } });
}
