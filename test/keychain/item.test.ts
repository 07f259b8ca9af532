import { expect, test } from "bun:test";
import { itemTimeNs, readItem, removeItem, writeItem } from "../../src/keychain/item.ts";
import { createFakeSecurity, type FakeMode, type FakeSecurity } from "../support/fake-security.ts";
import { kindOf } from "../support/faults.ts";

const NAMES = { service: "Claude Code-credentials-0a1b2c3d", account: "tester" };
const OTHER = { ...NAMES, service: "Claude Code-credentials" };

function itemIn({ program }: FakeSecurity) {
  return { ...NAMES, program };
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

test.each([
  ["JSON", '{"claudeAiOauth":{"accessToken":"sk-ant-oat01-fake"}}'],
  ["JSON of several lines", '{\n  "a": 1\n}\n'],
  ["letters beyond ASCII", '{"name":"Łódź 🦀"}'],
  ["quotes and backslashes", '{"a":"\\"\\\\"}'],
])("%s comes out to the byte as it went in", (_, text) => {
  using security = createFakeSecurity();
  expect(writeItem(itemIn(security), bytesOf(text))).toBe(true);
  expect(security.text(NAMES)).toBe(text);
  expect(readItem(itemIn(security))).toEqual(bytesOf(text));
});

test("an item that is not there is none, and so is one of a Mac without a keychain", () => {
  using security = createFakeSecurity();
  security.put(OTHER, "another directory's");
  expect(readItem(itemIn(security))).toBeUndefined();
  security.behave("no keychain");
  expect(readItem(itemIn(security))).toBeUndefined();
});

test("a value is replaced in its item, and items of other names stay", () => {
  using security = createFakeSecurity();
  security.put(OTHER, "another directory's");
  for (const value of ["{}", '{"a":1}']) expect(writeItem(itemIn(security), bytesOf(value))).toBe(true);
  removeItem(itemIn(security));
  removeItem(itemIn(security));
  expect(security.items().map(({ service }) => service)).toEqual([OTHER.service]);
});

test("no value ever stands in the arguments of a process", () => {
  using security = createFakeSecurity();
  writeItem(itemIn(security), bytesOf('{"secret":"sk-ant-ort01-fake"}'));
  const args = security.calls().flatMap((call) => call.args);
  const hex = Buffer.from("sk-ant").toString("hex");
  expect(args.filter((arg) => arg.includes("sk-ant") || arg.includes(hex))).toEqual([]);
});

test("a value that is too long for one line is not written at all", () => {
  using security = createFakeSecurity();
  security.put(NAMES, "before");
  expect(writeItem(itemIn(security), bytesOf(JSON.stringify({ a: "x".repeat(2100) })))).toBe(false);
  expect(security.text(NAMES)).toBe("before");
  expect(security.calls()).toEqual([]);
});

test("the longest value that is written is not cut off (trap 40)", () => {
  using security = createFakeSecurity();
  const lengths = Array.from({ length: 100 }, (_, index) => 2030 - index);
  const written = lengths.find((length) => writeItem(itemIn(security), bytesOf("x".repeat(length))));
  expect(security.text(NAMES)).toBe("x".repeat(written ?? 0));
});

test("a value that was cut off all the same is noticed, and shown to nobody", () => {
  using security = createFakeSecurity();
  security.behave("cuts at 120");
  expect(writeItem(itemIn(security), bytesOf(JSON.stringify({ secret: "x".repeat(100) })))).toBe(false);
});

test.each<[FakeMode, string]>([
  ["locked", "keychain_locked"],
  ["denied", "keychain_refused"],
  ["cancelled", "keychain_refused"],
])("a keychain that is %s is no missing item: it stops with an error, and nothing changes", (mode, kind) => {
  using security = createFakeSecurity();
  security.put(NAMES, '{"secret":"sk-ant-ort01-fake"}');
  security.behave(mode);
  for (const call of [
    () => readItem(itemIn(security)),
    () => writeItem(itemIn(security), bytesOf("{}")),
    () => removeItem(itemIn(security)),
  ]) {
    expect(kindOf(call)).toBe(kind);
  }
  expect(security.text(NAMES)).toBe('{"secret":"sk-ant-ort01-fake"}');
});

test("a question that nobody answers ends in an error that says to try again", () => {
  using security = createFakeSecurity();
  security.behave("hangs");
  const before = performance.now();
  expect(kindOf(() => readItem(itemIn(security)))).toBe("keychain_unanswered");
  expect(performance.now() - before).toBeLessThan(8000);
}, 20_000);

test("a Mac without the program is an error, and no missing item", () => {
  expect(kindOf(() => readItem({ ...NAMES, program: "/nowhere/security" }))).toBe("keychain_unanswered");
});

test("the time of the last write is known to the second", () => {
  using security = createFakeSecurity();
  security.put(NAMES, "{}", 3600);
  const seconds = Number(itemTimeNs(itemIn(security)) / 1_000_000_000n);
  expect(Math.abs(seconds - Date.now() / 1000 - 3600)).toBeLessThan(10);
});
