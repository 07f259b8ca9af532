import { afterEach, beforeEach, expect, test } from "bun:test";
import { linkSync, symlinkSync, writeFileSync } from "node:fs";
import { refuseSharedChain } from "../../src/session/shared-chain.ts";
import { loginText, STUB } from "../reconcile/support/logins.ts";
import { createProfileHome, type ProfileHome, put } from "../reconcile/support/profile-home.ts";
import { errorOf } from "../support/faults.ts";

let box: ProfileHome;
beforeEach(() => {
  box = createProfileHome();
});
afterEach(() => box[Symbol.dispose]());

function refusal() {
  return errorOf(() => refuseSharedChain(box.places));
}

const LOGIN = loginText("A");
/** The same chain after Claude Code rewrote the file: other bytes, the same refresh token. */
const REWRITTEN = JSON.stringify({ ...JSON.parse(LOGIN), mcpOAuth: {} }, null, 2);

test.each([
  ["a copy", () => put(box.places.claude.credentials, LOGIN)],
  ["a copy that was written anew", () => put(box.places.claude.credentials, REWRITTEN)],
  ["a link to it", () => symlinkSync(box.places.paths.credentials, box.places.claude.credentials)],
  ["the same file", () => linkSync(box.places.paths.credentials, box.places.claude.credentials)],
])("a login that ~/.claude has as %s is refused, with the way out", (_, make) => {
  put(box.places.paths.credentials, LOGIN);
  make();
  const error = refusal();
  expect(error).toMatchObject({ kind: "shared_chain", exitCode: 125, path: box.places.paths.credentials });
  expect(error?.hint).toContain("clauth add work --home");
  expect(`${error?.message}${error?.hint}`).not.toContain("sk-ant-");
});

test("a profile whose file leads to that of ~/.claude is refused", () => {
  put(box.places.claude.credentials, STUB);
  symlinkSync(box.places.claude.credentials, box.places.paths.credentials);
  expect(refusal()?.kind).toBe("shared_chain");
});

test.each([
  ["another account", loginText("B")],
  ["an older token of the same account", loginText("A", 7)],
  ["a stub", STUB],
  ["no JSON", "{"],
  ["an empty file", ""],
])("%s in ~/.claude stops nothing", (_, text) => {
  put(box.places.paths.credentials, LOGIN);
  put(box.places.claude.credentials, text);
  expect(refusal()).toBeUndefined();
});

test("two files without a refresh token share none", () => {
  for (const path of [box.places.paths.credentials, box.places.claude.credentials]) writeFileSync(path, STUB);
  expect(refusal()).toBeUndefined();
});

test("nothing is shared where one of them has no login at all", () => {
  expect(refusal()).toBeUndefined();
  put(box.places.claude.credentials, LOGIN);
  expect(refusal()).toBeUndefined();
});
