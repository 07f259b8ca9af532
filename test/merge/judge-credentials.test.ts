import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { fingerprint, judgeCredentials } from "../../src/merge/judge-credentials.ts";
import { file, login, stub } from "./logins.ts";

describe("judgeCredentials", () => {
  test.each([
    ["both tokens", login("A"), true],
    ["an access token alone", login("A", { refresh: null }), true],
    ["a refresh token alone", login("A", { access: null }), true],
    ["a refresh token beside an empty access token", login("A", { access: "" }), true],
    ["neither token", login("A", { access: null, refresh: null }), false],
    ["the stub", stub(), false],
    ["a byte order mark before a login", file(`\uFEFF${new TextDecoder().decode(login("A").bytes)}`), true],
    ["no login block", file('{"mcpOAuth":{}}'), false],
    ["an empty file", file(""), false],
    ["zero bytes, as a power loss leaves them", file(new Uint8Array(64)), false],
    ["half a file", file(login("A").bytes.slice(0, 40)), false],
    ["null", file("null"), false],
    ["a list", file("[]"), false],
    ["tokens that are no text", file('{"claudeAiOauth":{"accessToken":1,"refreshToken":{}}}'), false],
    ["an inherited name where the login belongs", file('{"claudeAiOauth":"constructor"}'), false],
  ])("%s: login is %#", (_, { bytes }, expected) => {
    expect(judgeCredentials(bytes).login).toBe(expected);
  });

  test("only the file with emptied tokens is the stub", () => {
    expect(judgeCredentials(stub().bytes).stub).toBe(true);
    for (const { bytes } of [login("A"), file("{}"), file(""), login("A", { access: "" })]) {
      expect(judgeCredentials(bytes).stub).toBe(false);
    }
  });

  test.each([
    ["milliseconds stay", 1_900_000_000_000, 1_900_000_000_000],
    ["seconds become milliseconds", 1_900_000_000, 1_900_000_000_000],
    ["none is unknown", null, undefined],
  ])("expiresAt: %s", (_, written, expected) => {
    expect(judgeCredentials(login("A", { expiresAt: written }).bytes).expiresAt).toBe(expected);
  });

  test("names the account where the file does", () => {
    expect(judgeCredentials(login("A", { uuid: "u-1" }).bytes).accountUuid).toBe("u-1");
    expect(judgeCredentials(login("A").bytes).accountUuid).toBeUndefined();
  });

  test("is total", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void judgeCredentials(bytes)));
    fc.assert(
      fc.property(fc.json(), (text) => void judgeCredentials(file(`{"claudeAiOauth":${text}}`).bytes)),
    );
  });
});

test("a fingerprint shows nothing of the token", () => {
  expect(fingerprint("sk-ant-ort01-fakeA")).toMatch(/^[0-9a-f]{64}$/);
  expect(fingerprint(new TextEncoder().encode("x"))).toBe(fingerprint("x"));
});
