import { describe, expect, test } from "bun:test";
import { judgeFile } from "../../src/merge/judge-credentials.ts";
import { withBlocksOf } from "../../src/merge/login-blocks.ts";
import { file, login, stub, textOf } from "./logins.ts";

const mcp = (server: string, token: string) => ({
  mcpOAuth: { [server]: { accessToken: token, refreshToken: token } },
});

describe("withBlocksOf", () => {
  test("carries MCP logins over and leaves the login itself alone (trap 19)", () => {
    const winner = judgeFile(login("A"));
    const merged = judgeFile(file(withBlocksOf(winner, judgeFile(login("B", { blocks: mcp("s", "x") })))));
    expect(merged.refreshToken).toBe("sk-ant-ort01-fakeA");
    expect(merged.document).toMatchObject(mcp("s", "x"));
  });

  test("never mixes two logins to one server", () => {
    const winner = judgeFile(login("A", { blocks: { mcpOAuth: { s: { accessToken: "w" } } } }));
    expect(withBlocksOf(winner, judgeFile(stub({ blocks: mcp("s", "x") })))).toBe(winner.bytes);
  });

  test("keeps the winner's bytes where the other has nothing to add", () => {
    const winner = judgeFile(
      file(JSON.stringify({ claudeAiOauth: { accessToken: "a" }, ...mcp("s", "x") }, null, 3)),
    );
    expect(withBlocksOf(winner, judgeFile(login("B", { blocks: mcp("s", "y") })))).toBe(winner.bytes);
    expect(withBlocksOf(winner, judgeFile(file("damaged")))).toBe(winner.bytes);
  });

  test("what belongs to the other's account stays there", () => {
    const blocks = { organizationUuid: "o", trustedDeviceToken: "t", enterpriseGateway: {}, designOauth: {} };
    const winner = judgeFile(login("A"));
    expect(withBlocksOf(winner, judgeFile(login("B", { blocks })))).toBe(winner.bytes);
  });

  test("keeps the winner's layout", () => {
    const winner = judgeFile(file(`${JSON.stringify({ claudeAiOauth: { accessToken: "a" } }, null, 2)}\n`));
    const text = textOf(withBlocksOf(winner, judgeFile(stub({ blocks: mcp("s", "x") }))));
    expect(text).toStartWith('{\n  "claudeAiOauth"');
    expect(text).toEndWith("}\n");
  });
});
