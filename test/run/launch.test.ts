import { describe, expect, test } from "bun:test";
import type { Inherited } from "../../src/run/inherited.ts";
import { type EnvironmentEdit, launchFrom } from "../../src/run/launch.ts";

const NO_EDIT: EnvironmentEdit = { set: {}, remove: [] };

function inherited(environment: readonly string[], descriptors: readonly number[] = []): Inherited {
  return {
    args: [],
    environment: environment.map((entry) => `${entry}\0`).join(""),
    descriptors,
    ignoredSignals: () => [],
  };
}

function environmentAfter(environment: readonly string[], edit: EnvironmentEdit): readonly string[] {
  const start = { path: "/bin/claude", argv0: "claude", args: [] };
  return launchFrom(inherited(environment), start, edit).environment.split("\0").slice(0, -1);
}

describe("the environment", () => {
  test("passes as it is, duplicates, odd entries and foreign bytes included", () => {
    const odd = ["A=1", "A=2", "=X", "NOEQ", "B=\xff\xfe", "\xff=1", "C=", "D=a=b\nc"];
    expect(environmentAfter(odd, NO_EDIT)).toEqual(odd);
  });

  test("loses every entry of a removed name, and no other", () => {
    const entries = ["KEY=1", "KEYS=2", "KEY=3", "key=4", "X=KEY", "KEY"];
    expect(environmentAfter(entries, { set: {}, remove: ["KEY"] })).toEqual(["KEYS=2", "key=4", "X=KEY"]);
  });

  test("has a set name once, after the others, in UTF-8", () => {
    const edit = { set: { DIR: "/home/ü" }, remove: [] };
    expect(environmentAfter(["DIR=old", "A=1", "DIR=older"], edit)).toEqual(["A=1", "DIR=/home/Ã¼"]);
  });

  test("loses them where they stand first, last, one behind the other, and where nothing else is", () => {
    const edit = { set: {}, remove: ["KEY", "K"] };
    expect(environmentAfter(["KEY=1", "K", "A=1", "", "K=KEY=2", "KEY"], edit)).toEqual(["A=1", ""]);
    expect(environmentAfter(["KEY=1", "KEY=2"], edit)).toEqual([]);
    expect(environmentAfter([], edit)).toEqual([]);
  });

  test("a name of foreign bytes is not taken for one that only looks like it", () => {
    expect(environmentAfter(["\xc3\xbc=1"], { set: {}, remove: ["ü"] })).toEqual(["\xc3\xbc=1"]);
  });
});

test("the caller's descriptors keep their numbers", () => {
  const launch = launchFrom(inherited([], [3, 63]), { path: "/c", argv0: "c", args: [] }, NO_EDIT);
  expect(launch.descriptors).toEqual([
    { from: 3, to: 3 },
    { from: 63, to: 63 },
  ]);
});

test("argv[0] is the word that was typed, and the arguments follow untouched", () => {
  const args = ["", "a b", "\n", "\xff"];
  const launch = launchFrom(inherited([]), { path: "/opt/claude", argv0: "claude", args }, NO_EDIT);
  expect(launch.path).toBe("/opt/claude");
  expect(launch.argv).toEqual(["claude", "", "a b", "\n", "\xff"]);
});
