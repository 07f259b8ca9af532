import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { homeward, homewardText } from "../../src/tree/leaked-paths.ts";

const TREE = "/home/u/.clauth/profiles/work/runtime";
const ROOTS = { runtime: [TREE, "/real/work/runtime"], claudeRoot: "/home/u/.claude" };

describe("homeward", () => {
  test.each([
    [TREE, "/home/u/.claude"],
    [`${TREE}/`, "/home/u/.claude/"],
    [`${TREE}/plugins/cache/x`, "/home/u/.claude/plugins/cache/x"],
    ["/real/work/runtime/hooks/a.sh", "/home/u/.claude/hooks/a.sh"],
    [`bash ${TREE}/a.sh && cat '${TREE}/b'`, "bash /home/u/.claude/a.sh && cat '/home/u/.claude/b'"],
    [`X=${TREE}/a:${TREE}/b`, "X=/home/u/.claude/a:/home/u/.claude/b"],
    [`file://${TREE}/a`, "file:///home/u/.claude/a"],
    [`"${TREE}"`, '"/home/u/.claude"'],
    [`(${TREE})`, "(/home/u/.claude)"],
  ])("turns %s into %s", (leaked, home) => {
    expect(homeward(leaked, ROOTS)).toBe(home);
  });

  test.each([
    `${TREE}2/x`,
    `${TREE}-old/x`,
    `${TREE}.bak`,
    `${TREE}é/x`,
    `/mnt${TREE}/x`,
    `/mnt/é${TREE}/x`,
    `.${TREE}/x`,
    "/home/u/.claude/x",
    "runtime",
    "",
  ])("leaves %j", (text) => {
    expect(homeward(text, ROOTS)).toBe(text);
  });
});

describe("homewardText", () => {
  test("changes the paths and no other byte: layout, numbers, keys, escapes and unknown keys stay", () => {
    const text = `{ "n": 1.0, "big": 12345678901234567890,\n\t"${TREE}/key" : "${TREE}/a\\u0041",  "__proto__": ["\\"${TREE}\\""] }\n`;
    expect(homewardText(text, ROOTS)).toBe(
      `{ "n": 1.0, "big": 12345678901234567890,\n\t"${TREE}/key" : "/home/u/.claude/aA",  "__proto__": ["\\"/home/u/.claude\\""] }\n`,
    );
  });

  test.each(["", "{", `{"a":"${TREE}"`, `${TREE}`])("has no answer for %j, which is not JSON", (text) => {
    expect(homewardText(text, ROOTS)).toBeUndefined();
  });

  test("keeps a byte order mark", () => {
    expect(homewardText(`\uFEFF["${TREE}"]`, ROOTS)).toBe(`\uFEFF["/home/u/.claude"]`);
  });

  test("leaves any document equal to what rewriting its values one by one makes of it", () => {
    const leaky = fc.oneof(
      fc.string(),
      fc.constantFrom(TREE, `${TREE}/x"\\`, `${TREE}2`, "/real/work/runtime"),
    );
    const { tree: document } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        leaky,
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constant(null),
        fc.array(tie("tree")),
        fc.dictionary(leaky, tie("tree")),
      ),
    }));
    fc.assert(
      fc.property(document, fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const expected = JSON.stringify(
          JSON.parse(text, (_, item) => (typeof item === "string" ? homeward(item, ROOTS) : item)),
          null,
          indent,
        );
        expect(homewardText(text, ROOTS) ?? text).toBe(expected);
      }),
    );
  });
});
