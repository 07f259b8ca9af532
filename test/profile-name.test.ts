import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isProfileName, nearestName, parseProfileName, sameName } from "../src/profile-name.ts";

describe("on every system, as a store may travel", () => {
  test.each([
    "con",
    "PRN",
    "Aux",
    "nul.txt",
    "NUL.tar.gz",
    "com0",
    "COM1",
    "com9.work",
    "lpt1",
    "LPT9.x",
    "com¹",
    "LPT².x",
    "COM³",
    "conin$",
    "work.",
    "work...",
    "work ",
    " work",
    "work:stream",
    "a/b",
    "a\\b",
    'a"b',
    "a?",
    "a*",
    "a|b",
    "a<b",
  ])("%p is no name: a file of it can't be on Windows, or would be another one", (name) => {
    expect(isProfileName(name)).toBe(false);
    expect(() => parseProfileName(name)).toThrow("is not a profile name");
  });

  test.each(["console", "nullable", "com", "com10", "lpt", "auxiliary", "my-con", "a.con", "v1.0"])(
    "%s is one",
    (name) => expect(isProfileName(name)).toBe(true),
  );

  test("what the complaint says is why", () => {
    expect(() => parseProfileName("aux.old")).toThrow("it is a device on Windows, with any extension");
    expect(() => parseProfileName("work.")).toThrow("it ends in a dot, which Windows drops");
  });

  test("no two names differ in their case alone", () => {
    expect(sameName("Work", "wORK")).toBe(true);
    expect(sameName("work", "work2")).toBe(false);
  });
});

describe("the name that was meant", () => {
  const names = ["work", "personal", "client"];

  test.each([
    ["wrok", "work"],
    ["WORK", "work"],
    ["worrk", "work"],
    ["prsnal", "personal"],
    ["cilent", "client"],
  ])("%s is %s", (word, meant) => expect(nearestName(word, names)).toBe(meant));

  test.each(["w", "", "school", "prsnl"])("%p is none of them", (word) =>
    expect(nearestName(word, names)).toBeUndefined(),
  );

  test("the nearest wins", () => {
    expect(nearestName("work2", ["work", "work3x", "work21"])).toBe("work");
  });

  test("a name that is there is the one that was meant", () => {
    const letters = fc.stringMatching(/^[a-z0-9]{2,12}$/);
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1 }), fc.nat(), (all, pick) => {
        const name = all[pick % all.length] ?? "";
        expect(nearestName(name, all)).toBe(name);
      }),
    );
  });
});
