import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { nearestName } from "../src/profile-name.ts";

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
