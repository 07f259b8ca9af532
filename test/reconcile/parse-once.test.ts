import { afterEach, expect, test } from "bun:test";
import { forgetParsed, knownAs, parseOnce } from "../../src/reconcile/parse-once.ts";

afterEach(forgetParsed);

test("the same bytes give the same value, others of their length their own", () => {
  const value = parseOnce(large("a"));
  expect(value).toEqual({ text: "a".repeat(40_000) });
  expect(parseOnce(large("a"))).toBe(value);
  expect(parseOnce(large("b"))).toEqual({ text: "b".repeat(40_000) });
});

test("bytes that were made of a value are that value", () => {
  const value = { text: "c".repeat(40_000) };
  knownAs(large("c"), value);
  expect(parseOnce(large("c"))).toBe(value);
});

test("what is no JSON stays none", () => {
  const broken = large("a").fill(0, 0, 1);
  expect(parseOnce(broken)).toBeUndefined();
  expect(parseOnce(broken)).toBeUndefined();
});

test("nothing is kept after a pass", () => {
  const value = parseOnce(large("a"));
  forgetParsed();
  expect(parseOnce(large("a"))).not.toBe(value);
});

function large(letter: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ text: letter.repeat(40_000) }));
}
