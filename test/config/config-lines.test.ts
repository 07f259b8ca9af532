import { expect, test } from "bun:test";
import { parseConfig } from "../../src/config/config.ts";
import { lineOfDefault, lineOfRule, rulesWithLines } from "../../src/config/config-lines.ts";

function config(...lines: readonly string[]) {
  return parseConfig(lines.join("\n")) ?? expect.unreachable();
}

test("knows the line of the default, with CRLF too", () => {
  expect(lineOfDefault(config("quiet = true\r", `default = "work"\r`, ""))).toBe(2);
  expect(lineOfDefault(config("quiet = true"))).toBeUndefined();
});

test("knows on which line each rule begins", () => {
  const two = config(
    "[[rule]]",
    'dir = "/a"',
    'profile = "x"',
    "# the other",
    "[[rule]]",
    'dir = "/b"',
    'profile = "y"',
  );
  expect(rulesWithLines(two).map(({ pattern, line }) => [pattern, line])).toEqual([
    ["/a", 1],
    ["/b", 5],
  ]);
  expect(two.rules.map((rule) => lineOfRule(two, rule))).toEqual([1, 5]);
});

test("knows the line of rules that are written as one array", () => {
  const array = config("quiet = true", "rule = [", '  { dir = "/a", profile = "b" },', "]");
  expect(rulesWithLines(array)[0]?.line).toBe(2);
});
