import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseJsonc, withText } from "../../src/config/edit-jsonc.ts";

const KEY = "claudeCode.claudeProcessWrapper";

describe("setting a top-level text", () => {
  test.each([
    ["no file yet", "", '{\n    "KEY": "V"\n}\n'],
    ["an empty object", "{}", '{\n    "KEY": "V"\n}'],
    ["nothing but a comment", "{\n  // mine\n}\n", '{\n    "KEY": "V"\n  // mine\n}\n'],
    ["one entry", '{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "KEY": "V"\n}\n'],
    ["a trailing comma", '{\n\t"a": [1,],\n}\n', '{\n\t"a": [1,],\n\t"KEY": "V",\n}\n'],
    [
      "a comment at the last line",
      '{\n  "a": 1 // one, two\n  /* end } */\n}\n',
      '{\n  "a": 1, // one, two\n  "KEY": "V"\n  /* end } */\n}\n',
    ],
    ["a comma behind a comment", '{ "a": 1 /* c */,\n}', '{ "a": 1, /* c */\n    "KEY": "V",\n}'],
    ["another value", '{\n  "KEY": null, // old\n  "b": {}\n}', '{\n  "KEY": "V", // old\n  "b": {}\n}'],
    ["the key inside a value", '{"a": {"KEY": 1}}', '{"a": {"KEY": 1},\n    "KEY": "V"}'],
    [
      "the key in a comment",
      '{\n  // "KEY": 1\n  "a": "}"\n}',
      '{\n  // "KEY": 1\n  "a": "}",\n  "KEY": "V"\n}',
    ],
    [
      "CRLF and a byte order mark",
      '\uFEFF{\r\n  "a": 1\r\n}\r\n',
      '\uFEFF{\r\n  "a": 1,\r\n  "KEY": "V"\r\n}\r\n',
    ],
  ])("with %s", (_, before, after) => {
    const named = (text: string) => text.replaceAll("KEY", KEY);
    expect(withText(named(before), KEY, "V")).toBe(named(after));
  });

  test.each(["[]", "{", '{"a": 1', "nonsense", '"text"'])("leaves %s alone", (text) => {
    expect(withText(text, KEY, "V")).toBeUndefined();
  });

  test("keeps every other value, and twice is once", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string(),
        fc.boolean(),
        (object, value, wide) => {
          const text = JSON.stringify(object, null, wide ? 2 : 0);
          const once = withText(text, KEY, value);
          expect(parseJsonc(once ?? "")).toEqual({ ...parseJsonc(text), [KEY]: value });
          expect(withText(once ?? "", KEY, value)).toBe(once);
        },
      ),
    );
  });
});
