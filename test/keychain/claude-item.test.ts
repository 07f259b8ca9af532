import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { userInfo } from "node:os";
import { claudeItemNames } from "../../src/keychain/claude-item.ts";

const DIRECTORY = "/Users/tester/.clauth/profiles/work/runtime";

test("the service is named by the first 8 hex digits of the directory's hash", () => {
  const digest = createHash("sha256").update(DIRECTORY).digest("hex");
  expect(claudeItemNames(DIRECTORY, {}).service).toBe(`Claude Code-credentials-${digest.slice(0, 8)}`);
});

test("the directory that needs no variable has no suffix", () => {
  expect(claudeItemNames(undefined, {}).service).toBe("Claude Code-credentials");
});

test("a name is hashed in its composed form, and otherwise to the letter", () => {
  const service = (directory: string) => claudeItemNames(directory, {}).service;
  expect(service("/Users/Ame\u0301lie")).toBe(service("/Users/Am\u00e9lie"));
  expect(service("/Users/Am\u00e9lie/")).not.toBe(service("/Users/Am\u00e9lie"));
});

test.each([
  ["tester", "tester"],
  ["first.last-2_x", "first.last-2_x"],
  ["first@example.com", "claude-code-user"],
  ["first last", "claude-code-user"],
  ['x" -s "y', "claude-code-user"],
])("the account of $USER %p is %s", (user, account) => {
  expect(claudeItemNames(DIRECTORY, { USER: user }).account).toBe(account);
});

test("without $USER it is the account of the process", () => {
  expect(claudeItemNames(DIRECTORY, { USER: "" }).account).toBe(userInfo().username);
});
