import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { namesIn, withName, withNameChanged, withoutName } from "../../src/profile/profile-list.ts";
import { isProfileName, parseProfileName } from "../../src/profile-name.ts";

const name = parseProfileName;
const PATH = "profiles.toml";

const RUST = `# kept by hand
active_profile = "work"
profiles = ["work", "private"]   # order of display
wrap_off = true
[last_kick_at]
work = 1700000000000
`;

const LINES = `profiles = [
  "work", # the office
  # mine
  "private"
]
`;

describe("profiles.toml", () => {
  test("gives its names in order, and leaves out those that we can't use", () => {
    expect(namesIn('profiles = ["work", "no/path", "Private", "run"]', PATH).map(String)).toEqual([
      "work",
      "Private",
    ]);
    expect(namesIn("", PATH)).toEqual([]);
    expect(namesIn('theme = "full"', PATH)).toEqual([]);
  });

  test.each([["profiles = 3"], ["profiles = [1]"], ["profiles = ["]])("%j is refused", (text) => {
    expect(() => namesIn(text, PATH)).toThrow(/profiles\.toml/);
  });

  test("a name is added without touching anything else", () => {
    expect(withName(RUST, name("third"), PATH)).toBe(
      RUST.replace('["work", "private"]', '["work", "private", "third"]'),
    );
    expect(withName(LINES, name("third"), PATH)).toBe(
      LINES.replace('"private"\n', '"private",\n  "third"\n'),
    );
  });

  test.each([
    ["", 'profiles = ["a"]\n'],
    ["profiles = []\n", 'profiles = ["a"]\n'],
    ["profiles = [] # none\n", 'profiles = ["a"] # none\n'],
    ['profiles = ["b",]\n', 'profiles = ["b", "a",]\n'],
    ['profiles = [\n  "b", # c\n]\n', 'profiles = [\n  "b", # c\n  "a",\n]\n'],
    ['profiles = [\n  "b" # c\n]\n', 'profiles = [\n  "b", # c\n  "a"\n]\n'],
    ['profiles = ["b" # c\n]\n', 'profiles = ["b", # c\n"a"\n]\n'],
    ['profiles = [\r\n  "b",\r\n]\r\n', 'profiles = [\r\n  "b",\r\n  "a",\r\n]\r\n'],
    ["theme = 'full'\n[herdr]\n", "profiles = [\"a\"]\ntheme = 'full'\n[herdr]\n"],
    ["\uFEFFwrap_off = true\r\n", '\uFEFFprofiles = ["a"]\r\nwrap_off = true\r\n'],
    ['[table]\nprofiles = ["x"]\n', 'profiles = ["a"]\n[table]\nprofiles = ["x"]\n'],
  ])("%j becomes %j", (before, after) => {
    expect(withName(before, name("a"), PATH)).toBe(after);
  });

  test("a name that is there in another case is not added twice", () => {
    expect(withName(RUST, name("WORK"), PATH)).toBe(RUST);
  });

  test("a name goes with the line it stands on, and nothing else", () => {
    expect(withoutName(RUST, name("Work"), PATH)).toBe(RUST.replace('"work", ', ""));
    expect(withoutName(RUST, name("private"), PATH)).toBe(RUST.replace(', "private"', ""));
    expect(withoutName(LINES, name("work"), PATH)).toBe('profiles = [\n  # mine\n  "private"\n]\n');
    expect(withoutName(LINES, name("private"), PATH)).toBe(LINES.replace('  "private"\n', ""));
    expect(withoutName('profiles = ["a",]\n', name("a"), PATH)).toBe("profiles = []\n");
    expect(withoutName('profiles = ["a", "A"]\n', name("a"), PATH)).toBe("profiles = []\n");
    expect(withoutName(RUST, name("other"), PATH)).toBe(RUST);
  });

  test("a renamed profile keeps its place", () => {
    expect(withNameChanged(RUST, name("work"), name("office"), PATH)).toBe(
      RUST.replace('["work"', '["office"'),
    );
  });

  test("a list written in a way that we can't edit is left alone", () => {
    const text = 'profiles = ["""b""", "c"]\n';
    expect(() => withNameChanged(text, name("b"), name("a"), PATH)).toThrow("can't be edited");
  });

  test("adding and removing again gives back the names, and keeps every other key", () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,8}$/).filter(isProfileName), {
      minLength: 1,
      maxLength: 5,
    });
    const layout = fc.constantFrom(
      (list: string[]) => `profiles = [${list.map((item) => `'${item}'`).join(" ,")}]`,
      (list: string[]) => `profiles = [ ${list.map((item) => `"${item}", `).join("")}]`,
      (list: string[]) =>
        `profiles = [ # all\n${list.map((item) => `\t"${item}", # ${item}, "x"\n`).join("")}]`,
      (list: string[]) => `profiles = [\r\n${list.map((item) => `  "${item}"`).join(",\r\n")}\r\n]`,
      (list: string[]) => `profiles = [\n  ${list.map((item) => `"${item}"`).join(",\n\n  # next\n  ")}]`,
    );
    fc.assert(
      fc.property(names, layout, fc.nat(), ([first, ...rest], render, at) => {
        if (first === undefined) return;
        const text = `x = 1 # one\n${render(rest)}\n[env]\nprofiles = ["y"]\n`;
        const added = withName(text, first, PATH);
        expect(namesIn(added, PATH).map(String)).toEqual([...rest, first]);
        expect(namesIn(withoutName(added, first, PATH), PATH).map(String)).toEqual(rest);
        const gone = [...rest, first].at(at % (rest.length + 1)) ?? first;
        const fewer = withoutName(added, name(gone), PATH);
        expect(namesIn(fewer, PATH).map(String)).toEqual([...rest, first].filter((item) => item !== gone));
        expect(fewer).toStartWith("x = 1 # one\n");
        expect(fewer).toEndWith('\n[env]\nprofiles = ["y"]\n');
      }),
      { numRuns: 500 },
    );
  });
});
