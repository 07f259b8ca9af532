import { expect, test } from "bun:test";
import { firstBadLine, statementsOf } from "../../src/config/toml-statements.ts";

function seen(text: string): [string, number, string][] {
  return statementsOf(text).map(({ name, line, valueStart, valueEnd }) => [
    name,
    line,
    text.slice(valueStart, valueEnd),
  ]);
}

test.each<[string, string, [string, number, string][]]>([
  ["a comment after a value", 'a = "x" # b = 1\n', [["a", 1, '"x"']]],
  [
    "a hash in a string",
    'a = "x # y"\nb = 2',
    [
      ["a", 1, '"x # y"'],
      ["b", 2, "2"],
    ],
  ],
  [
    "CRLF and a byte order mark",
    "\uFEFFa = 1\r\n\r\nb = 2\r\n",
    [
      ["a", 1, "1"],
      ["b", 3, "2"],
    ],
  ],
  [
    "a header inside a multi-line string",
    'a = """\n[[rule]]\n"""\nb = 1',
    [
      ["a", 1, '"""\n[[rule]]\n"""'],
      ["b", 4, "1"],
    ],
  ],
  [
    "quotes right before the closing ones",
    'a = """x"""""\nb = 1',
    [
      ["a", 1, '"""x"""""'],
      ["b", 2, "1"],
    ],
  ],
  [
    "an array over lines with comments",
    "a = [1, # ]\n 2]\nb = 1",
    [
      ["a", 1, "[1, # ]\n 2]"],
      ["b", 3, "1"],
    ],
  ],
  ["a quoted key that holds an equals sign", '"a=b" = 1', [["a=b", 1, "1"]]],
  [
    "a header with blanks and a comment",
    "[[ rule ]] # r\nx = 1",
    [
      ["[[rule]]", 1, "[[ rule ]]"],
      ["x", 2, "1"],
    ],
  ],
])("finds the statements around %s", (_, text, expected) => {
  expect(Bun.TOML.parse(text)).toBeDefined();
  expect(seen(text)).toEqual(expected);
});

test("ends on any text, valid or not", () => {
  for (const text of ["=", '"""', "[", "{", "a", "a=", "\uFEFF", "'", "a = [\n#"]) {
    expect(() => statementsOf(text)).not.toThrow();
  }
});

test("the line of a fault is looked for where that takes no time", () => {
  expect(firstBadLine("a = 1\nb = [\n  2,\n]\nc = = 3\nd = 4\n")).toBe(5);
  expect(firstBadLine(`a = = 1\n${"#\n".repeat(100_000)}`)).toBeUndefined();
});
