import { expect, test } from "bun:test";
import { ago, size, span } from "../../src/commands/quantities.ts";

const MINUTE = 60_000;

test.each([
  [1, "1 min"],
  [59 * MINUTE, "59 min"],
  [60 * MINUTE, "1 h"],
  [47 * 60 * MINUTE, "47 h"],
  [48 * 60 * MINUTE, "2 d"],
])("%d ms are %s", (milliseconds, text) => {
  expect(span(milliseconds)).toBe(text);
});

test("a time is told from now; one that is none is told as it is", () => {
  const now = Date.UTC(2026, 0, 2);
  const at = (before: number) => ago(new Date(now - before).toISOString(), now);
  expect([at(59_999), at(MINUTE), at(-MINUTE), at(26 * 60 * MINUTE)]).toEqual([
    "just now",
    "1 min ago",
    "just now",
    "26 h ago",
  ]);
  expect([ago(null, now), ago("soon", now)]).toEqual(["", "soon"]);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [12_345, "12.3 kB"],
  [123_456, "123 kB"],
  [7.2e6, "7.2 MB"],
  [5e12, "5000 GB"],
])("%d bytes are %s", (bytes, text) => {
  expect(size(bytes)).toBe(text);
});
