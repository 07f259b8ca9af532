import { expect, test } from "bun:test";
import { enclosingClaude, GUARD } from "../src/enclosing-claude.ts";
import { checkRecursion } from "../src/recursion.ts";

const SEARCHED = { wasNamed: false };

test("ends a wrapper that calls the shim again after three rounds (DESIGN section 4)", () => {
  let env: Record<string, string> = {};
  for (let round = 1; round <= 3; round += 1) env = { [GUARD]: checkRecursion(env, SEARCHED).next };
  expect(() => checkRecursion(env, SEARCHED)).toThrow(
    expect.objectContaining({ kind: "recursion", exitCode: 125 }),
  );
});

test("lets claudes start claudes to any depth: each real one gives its children another id", () => {
  let env: Record<string, string> = {};
  for (let depth = 1; depth <= 20; depth += 1) {
    env = {
      [GUARD]: checkRecursion(env, SEARCHED).next,
      CLAUDE_PID: String(depth),
      CLAUDE_CODE_SESSION_ID: "same",
    };
  }
  env = {};
  for (let depth = 1; depth <= 20; depth += 1) {
    env = { [GUARD]: checkRecursion(env, SEARCHED).next, CLAUDE_CODE_SESSION_ID: `session-${depth}` };
  }
});

test("still ends a wrapper loop inside a claude", () => {
  const inside = { CLAUDE_PID: "7", CLAUDE_CODE_SESSION_ID: "s" };
  let env: Record<string, string> = { [GUARD]: "3:/", ...inside };
  for (let round = 1; round <= 3; round += 1)
    env = { ...inside, [GUARD]: checkRecursion(env, SEARCHED).next };
  expect(() => checkRecursion(env, SEARCHED)).toThrow(/3 times in a row/);
});

test("what the caller named begins anew: the daemon, hosts and agents of one --bg are four starts in a row", () => {
  let env: Record<string, string> = {};
  for (let depth = 1; depth <= 20; depth += 1)
    env = { [GUARD]: checkRecursion(env, { wasNamed: true }).next };
  expect(checkRecursion({ [GUARD]: "3:/" }, { wasNamed: true }).next).toBe("1:/");
});

test.each(["", "x", "3", ":", "-5:/", "1e999:/", "NaN:/", "2.5:/"])(
  "starts counting anew at a guard of %j",
  (guard) => {
    expect(checkRecursion({ [GUARD]: guard }, SEARCHED).next).toBe("1:/");
  },
);

test("tells claudes apart by process and by session", () => {
  const ids = [
    {},
    { CLAUDE_PID: "1" },
    { CLAUDE_CODE_SESSION_ID: "1" },
    { CLAUDE_PID: "1", CLAUDE_CODE_SESSION_ID: "1" },
  ];
  expect(new Set(ids.map(enclosingClaude)).size).toBe(ids.length);
});
