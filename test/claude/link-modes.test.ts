import { expect, test } from "bun:test";
import { lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describeClaude, type Lab } from "../support/claude-lab.ts";

/** Where a tree has no symlinks its files are copies, and what the profiles share is the same. */
describeClaude("without symlinks", (openLab) => {
  test.each(["junction", "copy"])(
    "in mode %s a refreshed token is the profile's, and the tree holds the same bytes",
    async (mode) => {
      await using lab = await openLab();
      lab.addProfile("work", { account: "W", expired: true });
      expect(await as(lab, "work", mode, "claude", "-p", "hello")).toMatchObject({ code: 0 });
      const canonical = lab.profile("work", "credentials.json");
      const copy = lab.profile("work", "runtime/.credentials.json");
      expect(lab.json(canonical)).toMatchObject({ claudeAiOauth: { refreshToken: "sk-ant-ort01-fakeW.2" } });
      expect(lab.read(copy)).toBe(lab.read(canonical));
      expect(linksIn(lab.profile("work", "runtime"), mode)).toEqual([]);
    },
  );

  test.each(["junction", "copy"])(
    "in mode %s an MCP server and a conversation of one profile are the other's too",
    async (mode) => {
      await using lab = await openLab();
      lab.addProfile("work", { account: "W" });
      lab.addProfile("private", { account: "P" });
      await as(lab, "work", mode, "claude", "mcp", "add", "-s", "user", "demo", "--", "/bin/true");
      const id = crypto.randomUUID();
      await as(lab, "work", mode, "claude", "-p", "first", "--session-id", id);
      const resumed = await as(lab, "private", mode, "claude", "-p", "second", "--resume", id);
      expect(resumed).toMatchObject({ code: 0, stdout: "mock-reply to sk-ant-oat01-fakeP\n" });
      expect(lab.json(lab.profile("private", "runtime/.claude.json"))).toMatchObject({
        mcpServers: { demo: { command: "/bin/true" } },
      });
      const projects = join(lab.home, ".claude", "projects");
      const transcripts = readdirSync(projects, { recursive: true, encoding: "utf8" });
      const name = transcripts.find((path) => path.endsWith(`${id}.jsonl`)) ?? "none";
      expect(lab.read(join(projects, name))).toContain("sk-ant-oat01-fakeW");
      expect(lab.read(join(projects, name))).toContain("sk-ant-oat01-fakeP");
    },
  );

  test("of its debug log, which it links as the latest, the link leads to the one in ~/.claude", async () => {
    await using lab = await openLab();
    lab.addProfile("work", { account: "W" });
    expect(await as(lab, "work", "copy", "claude", "-p", "hello", "--debug")).toMatchObject({ code: 0 });
    const debug = join(lab.home, ".claude", "debug");
    const latest = readlinkSync(join(debug, "latest"));
    expect(dirname(latest)).toBe(debug);
    expect(lab.read(latest)).toBe(lab.read(lab.profile("work", `runtime/debug/${basename(latest)}`)));
  });
});

function as(lab: Lab, profile: string, mode: string, ...argv: readonly string[]) {
  return lab.run(argv, { env: { CLAUTH_PROFILE: profile, CLAUTH_LINK_MODE: mode } });
}

/** The links of a tree that its mode does not know: a junction leads to a directory. */
function linksIn(tree: string, mode: string): string[] {
  return readdirSync(tree)
    .map((name) => join(tree, name))
    .filter((path) => lstatSync(path).isSymbolicLink())
    .filter((path) => mode === "copy" || !statSync(path).isDirectory());
}
