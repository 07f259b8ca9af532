import { expect, test } from "bun:test";
import { tableText, viewOf, withTilde, withTildes } from "../../src/commands/output.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";

const paint = (text: string, colour: string) => `<${colour}>${text}</>`;
const view = { paint: (text: string) => text, width: Number.POSITIVE_INFINITY, forPeople: false };
const columns = (...heads: readonly string[]) => heads.map((head) => ({ head }));

test("columns are of equal width, and one that is empty everywhere takes none", () => {
  const rows = [
    ["a", "", "long"],
    ["bcd", "", ""],
  ];
  expect(tableText(columns("A", "B", "C"), rows, view)).toBe("a    long\nbcd\n");
  expect(tableText(columns("A"), [], view)).toBe("");
});

test("the longest column gives way to the width, and ends in …", () => {
  const rows = [["name", "a-rather-long-address@example.test", "max"]];
  const text = tableText(columns("A", "B", "C"), rows, { ...view, width: 30 });
  expect(text).toBe("name  a-rather-long-addr…  max\n");
  expect(Bun.stringWidth(text.trimEnd())).toBe(30);
});

test("a wide character is never cut in half", () => {
  const text = tableText(columns("A"), [["漢字漢字漢字"]], { ...view, width: 8 });
  expect(text).toBe("漢字漢…\n");
});

test("colours neither count nor reach into the spaces between columns", () => {
  const rows = [
    [{ text: "a", colour: "red" as const }, "b"],
    ["ccc", { text: "d", colour: "dim" as const }],
  ];
  const text = tableText(columns("A", "B"), rows, { ...view, paint });
  expect(text).toBe("<red>a</>    b\nccc  <dim>d</>\n");
});

test("people see heads, but not over a column that is empty everywhere", () => {
  const text = tableText(columns("NAME", "GONE", "X"), [["a", "", "b"]], { ...view, forPeople: true });
  expect(text).toBe("NAME  X\na     b\n");
});

test("what is typed into other commands is never cut", () => {
  const wide = [{ head: "ID", whole: true as const }, { head: "B" }];
  const text = tableText(wide, [["20260102T030405678Z", "a long description"]], { ...view, width: 30 });
  expect(text).toBe("20260102T030405678Z  a long d…\n");
});

test.each([
  ["a terminal's own", { stdout: { isTerminal: true, columns: 90 }, env: {} }, 90],
  ["what COLUMNS says", { stdout: { isTerminal: true, columns: 90 }, env: { COLUMNS: "40" } }, 40],
  ["no COLUMNS that is no width", { stdout: { isTerminal: true, columns: 90 }, env: { COLUMNS: "x" } }, 90],
  ["without end through a pipe", { stdout: { isTerminal: false }, env: { COLUMNS: "40" } }, Infinity],
  [
    "without end where the terminal knows none",
    { stdout: { isTerminal: true, columns: 0 }, env: {} },
    Infinity,
  ],
])("the width is %s", (_, { stdout, env }, width) => {
  expect(viewOf({ stdout: { ...stdout, write: () => {} }, env }).width).toBe(width);
});

test.each([
  ["a terminal", true, {}, "\x1b[31mx\x1b[0m"],
  ["a pipe", false, {}, "x"],
  ["NO_COLOR", true, { NO_COLOR: "1" }, "x"],
  ["a NO_COLOR that is empty", true, { NO_COLOR: "" }, "\x1b[31mx\x1b[0m"],
  ["a dumb terminal", true, { TERM: "dumb" }, "x"],
])("%s decides about colours", (_, isTerminal, env, shown) => {
  expect(viewOf({ stdout: { isTerminal, write: () => {} }, env }).paint("x", "red")).toBe(shown);
});

test("a path below the home directory begins with a tilde, a neighbour of it does not", () => {
  expect(withTilde("/home/me/work", "/home/me")).toBe("~/work");
  expect(withTilde("/home/mel/work", "/home/me")).toBe("/home/mel/work");
});

test("a tilde stands only where a shell would read it", () => {
  const home = "/home/me";
  expect(withTildes("/home/me/a (/home/me/b) x=/home/me/c", home)).toBe("~/a (~/b) x=~/c");
  for (const text of ['export PATH="/home/me/bin:$PATH"', "/mnt/home/me/a", "https://home/me/"])
    expect(withTildes(text, home)).toBe(text);
  expect(withTildes("https://a.test", "/")).toBe("https://a.test");
});

test("a result that can't be written is a failure, and one that nobody reads is none", async () => {
  using box = createFakeSandbox();
  const { code, stderr } = await box.run(["sh", "-c", "exec clauth list --json >/dev/full"]);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('"kind":"output_lost"'),
  });
  const unread = await box.run(["sh", "-c", "{ clauth list; echo $? >&2; } | :"]);
  expect(unread.stderr).toBe("0\n");
});
