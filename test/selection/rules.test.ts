import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { choiceFrom } from "../../src/config/choice.ts";
import { parseConfig, type Rule } from "../../src/config/config.ts";
import { isInside } from "../../src/disk/real-path.ts";
import { matchDirectory, matchesPattern, matchRemote, type Rules } from "../../src/selection/rules.ts";

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "clauth-rules-")));
});

afterEach(() => rmSync(root, { recursive: true }));

function rule(kind: Rule["kind"], pattern: string, profile: string): Rule {
  return { kind, pattern, profile: choiceFrom(profile) ?? expect.unreachable() };
}

function rulesOf(...rules: readonly Rule[]): Rules {
  return { rules, text: "" };
}

/** Few names, so that paths often contain each other, some of them prefixes of others. */
const segments = fc.array(fc.constantFrom("a", "ab", "abc", "b", "..a"), { minLength: 1, maxLength: 5 });

function profileOf(path: string): string {
  return `p${path.replaceAll("/", "+")}`;
}

test("takes the longest rule, by whole path segments, in whatever order they stand", () => {
  const paths = fc.uniqueArray(segments, { maxLength: 8, selector: (parts) => parts.join("/") });
  fc.assert(
    fc.property(segments, paths, fc.infiniteStream(fc.nat()), (cwd, directories, random) => {
      const rules = directories.map((parts) => {
        const directory = `/${parts.join("/")}`;
        return rule("directory", directory, profileOf(directory));
      });
      const holding = directories.filter((parts) => parts.every((part, index) => cwd[index] === part));
      const longest = holding.toSorted((a, b) => b.length - a.length)[0];
      const shuffled = rules.map((one) => ({ one, at: random.next().value })).toSorted((a, b) => a.at - b.at);
      for (const order of [rules, rules.toReversed(), shuffled.map(({ one }) => one)]) {
        const where = { cwd: `/${cwd.join("/")}`, home: root };
        expect(matchDirectory(rulesOf(...order), where)?.pattern).toBe(longest && `/${longest.join("/")}`);
      }
    }),
  );
});

test("holds a directory itself and all below it, never a name that only begins alike", () => {
  expect(isInside("/home/me/work", "/home/me/work")).toBe(true);
  expect(isInside("/home/me/work/x", "/home/me/work")).toBe(true);
  expect(isInside("/home/me/..work", "/home/me")).toBe(true);
  expect(isInside("/anything", "/")).toBe(true);
  expect(isInside("/home/me/workshop", "/home/me/work")).toBe(false);
  expect(isInside("/home/me", "/home/me/work")).toBe(false);
  expect(isInside("/home/you", "/home/me")).toBe(false);
});

test("compares real paths, and takes ~ for the home directory", () => {
  mkdirSync(join(root, "data/work/project"), { recursive: true });
  symlinkSync("data", join(root, "home"));
  const rules = rulesOf(rule("directory", "~/work/", "w"), rule("remote", "a/b", "r"));
  const home = join(root, "home");
  expect(matchDirectory(rules, { cwd: join(root, "data/work/project"), home })?.pattern).toBe("~/work/");
  expect(matchDirectory(rules, { cwd: join(root, "data"), home })).toBeUndefined();
});

test("matches nothing by a directory that does not exist", () => {
  const rules = rulesOf(rule("directory", join(root, "none"), "w"));
  expect(matchDirectory(rules, { cwd: root, home: root })).toBeUndefined();
});

test("refuses two rules for one directory that disagree, and takes two that agree", () => {
  symlinkSync(".", join(root, "alias"));
  const configWith = (profile: string) =>
    parseConfig(
      `quiet = true${"\n".repeat(8)}[[rule]]\ndir = "${root}"\nprofile = "a"\n[[rule]]\ndir = "${root}/alias"\nprofile = "${profile}"`,
    ) ?? expect.unreachable();
  const where = { cwd: root, home: root };
  expect(() => matchDirectory(configWith("b"), where)).toThrow(/lines 9 and 12 of clauth.toml/);
  expect(matchDirectory(configWith("a"), where)?.pattern).toBe(root);
});

test.each([
  ["github.com/acme/app", "github.com/acme/*", true],
  ["github.com/acme/app", "GitHub.com/Acme/App", true],
  ["gitlab.com/acme/group/app", "gitlab.com/acme/*", true],
  ["github.com/acme/app", "github.com/acme", true],
  ["github.com/acme/app-x", "github.com/acme/app-*", true],
  ["github.com/acme/app", "*/acme/*", true],
  ["github.com/acme/my-app-x", "github.com/acme/*app*", true],
  ["github.com/acme", "github.com/acme/*", false],
  ["github.com/acme-evil/app", "github.com/acme/*", false],
  ["github.com/acme-evil/app", "github.com/acme", false],
  ["evil.com/github.com/acme/app", "github.com/acme/*", false],
  ["github.com.evil.com/acme/app", "github.com/acme/*", false],
  ["github.com/x/acme/app", "github.com/*/app", false],
  ["github.com/acme/ab", "github.com/acme/ab*b", false],
])("%s against %s: %p", (remote, pattern, expected) => {
  expect(matchesPattern(remote, pattern)).toBe(expected);
});

test("gives a match by a pattern of stars the answer that a regular expression gives", () => {
  const part = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 6 });
  const glob = fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), maxLength: 6 });
  fc.assert(
    fc.property(part, glob, (text, pattern) => {
      const expression = new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
      expect(matchesPattern(text, pattern)).toBe(expression.test(text));
    }),
    { numRuns: 2000 },
  );
});

test("takes the most specific remote rule, in whatever order they stand", () => {
  const rules = [
    rule("remote", "github.com/*", "any"),
    rule("remote", "github.com/acme/app", "app"),
    rule("remote", "github.com/acme/*", "acme"),
    rule("directory", "/", "root"),
  ];
  for (const order of [rules, rules.toReversed()]) {
    expect(String(matchRemote(rulesOf(...order), ["github.com/acme/app"])?.profile)).toBe("app");
    expect(String(matchRemote(rulesOf(...order), ["github.com/acme/other"])?.profile)).toBe("acme");
    expect(String(matchRemote(rulesOf(...order), ["github.com/me/x"])?.profile)).toBe("any");
    expect(matchRemote(rulesOf(...order), ["gitlab.com/me/x"])).toBeUndefined();
    expect(matchRemote(rulesOf(...order), [])).toBeUndefined();
  }
});

test("refuses remote rules that match equally and disagree", () => {
  const rules = [rule("remote", "github.com/a*", "a"), rule("remote", "github.com/*p", "b")];
  expect(() => matchRemote(rulesOf(...rules), ["github.com/ap"])).toThrow(/match equally/);
});
