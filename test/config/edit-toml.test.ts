import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Choice, choiceFrom } from "../../src/config/choice.ts";
import { parseConfig } from "../../src/config/config.ts";
import { addRule, removeRule, setTopLevel } from "../../src/config/edit-toml.ts";

function named(text: string): Choice {
  const choice = choiceFrom(text);
  if (choice === undefined) throw new Error(`not a name: ${text}`);
  return choice;
}

const COMMENTED = `# my accounts
default = "personal" # mostly

# at work
[[rule]]
dir     = "~/work"   # all of it
profile = "work"

# the end
`;

test("replaces a value and keeps every comment", () => {
  expect(setTopLevel(COMMENTED, "default", "work")).toBe(COMMENTED.replace('"personal"', '"work"'));
});

test("adds a top-level key before the first rule, never inside it", () => {
  const edited = setTopLevel('# mine\n[[rule]]\ndir = "/a"\nprofile = "b"\n', "default", "work");
  expect(edited).toBe('# mine\ndefault = "work"\n[[rule]]\ndir = "/a"\nprofile = "b"\n');
});

test("removes a key with its line alone", () => {
  expect(setTopLevel(COMMENTED, "default", undefined)).toBe(
    COMMENTED.replace('default = "personal" # mostly\n', ""),
  );
  expect(setTopLevel(COMMENTED, "quiet", undefined)).toBe(COMMENTED);
});

test("writes a first key and a first rule into an empty file", () => {
  expect(setTopLevel("", "quiet", true)).toBe("quiet = true\n");
  expect(addRule("", { kind: "remote", pattern: "github.com/acme/*", profile: named("work") })).toBe(
    '[[rule]]\nremote  = "github.com/acme/*"\nprofile = "work"\n',
  );
});

test("keeps CRLF and a last line without its end", () => {
  expect(setTopLevel('quiet = true\r\ntrust = "owned"', "default", "a")).toBe(
    'quiet = true\r\ntrust = "owned"\r\ndefault = "a"\r\n',
  );
});

test("gives a rule of the same pattern its new profile in place", () => {
  expect(addRule(COMMENTED, { kind: "directory", pattern: "~/work", profile: named("other") })).toBe(
    COMMENTED.replace('"work"', '"other"'),
  );
});

test("removes a rule and keeps the comments around it", () => {
  const edited = removeRule(COMMENTED, "~/work");
  expect(edited).toBe('# my accounts\ndefault = "personal" # mostly\n\n# at work\n\n# the end\n');
  expect(removeRule(COMMENTED, "~/play")).toBeUndefined();
});

test("refuses what it can't edit without touching the rest", () => {
  const inline = 'rule = [{ dir = "/a", profile = "b" }]\n';
  expect(() => removeRule(inline, "/a")).toThrow(/was not changed/);
  expect(() => addRule(inline, { kind: "directory", pattern: "/c", profile: named("d") })).toThrow(
    /was not changed/,
  );
  expect(() => setTopLevel("default = ", "default", "a")).toThrow(/not valid now/);
  expect(() => setTopLevel("", "default", "a b")).toThrow(/was not changed/);
});

test("adds and removes any rules, and gives back the text that was there", () => {
  const pattern = fc
    .string({ unit: "binary", minLength: 1, maxLength: 12 })
    .map((text) => `/${text.replaceAll("\0", "")}`);
  fc.assert(
    fc.property(fc.uniqueArray(pattern, { minLength: 1, maxLength: 4 }), (patterns) => {
      let text = COMMENTED;
      for (const one of patterns)
        text = addRule(text, { kind: "directory", pattern: one, profile: named("work") });
      expect(parseConfig(text)?.rules.map((rule) => rule.pattern)).toEqual(["~/work", ...patterns]);
      for (const one of patterns) text = removeRule(text, one) ?? expect.unreachable();
      expect(text.trimEnd()).toBe(COMMENTED.trimEnd());
    }),
    { numRuns: 200 },
  );
}, 30_000);
