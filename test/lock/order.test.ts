import { afterEach, expect, test } from "bun:test";
import { enterLock, LOCK_ORDER, leaveLock, refuseWhileOursIsHeld } from "../../src/lock/order.ts";
import { kindOf } from "../support/faults.ts";

afterEach(() => LOCK_ORDER.forEach(leaveLock));

test("locks are taken from the outermost to the innermost", () => {
  expect(kindOf(() => LOCK_ORDER.forEach(enterLock))).toBe("none");
});

test("an outer lock is refused while an inner one is held", () => {
  enterLock("claude-json-tree");
  expect(kindOf(() => enterLock("state"))).toBe("lock_order");
});

test("the same lock twice is refused instead of waiting for ourselves (trap 5)", () => {
  enterLock("state");
  expect(kindOf(() => enterLock("state"))).toBe("lock_order");
});

test("a refused lock does not count as held", () => {
  enterLock("state");
  kindOf(() => enterLock("rotation"));
  leaveLock("state");
  expect(kindOf(() => enterLock("rotation"))).toBe("none");
});

test("nobody waits for Claude Code while a lock of ours is held", () => {
  expect(kindOf(refuseWhileOursIsHeld)).toBe("none");
  enterLock("rotation");
  expect(kindOf(refuseWhileOursIsHeld)).toBe("lock_order");
});
