import { expect, test } from "bun:test";
import { checkClock, checkSpace } from "../../src/doctor/check-machine.ts";

const MIB = 1024 * 1024;

test.each([
  [200 * MIB, undefined],
  [199 * MIB, "warning"],
  [9 * MIB, "problem"],
  [0, "problem"],
])("%d free bytes are: %p", (free, level) => {
  const levels: (string | undefined)[] = checkSpace("/store", free).map((finding) => finding.level);
  expect(levels[0]).toBe(level);
});

test("a file from the future tells that the clock is behind; a few minutes are no sign", () => {
  const now = Date.UTC(2026, 0, 1);
  const at = (minutes: number) => ({ path: `/${minutes}`, mtimeMs: now + minutes * 60_000 });
  expect(checkClock([at(-60), at(4)], now)).toEqual([]);
  expect(checkClock([at(-60), at(30), at(6)], now)).toMatchObject([{ check: "clock", path: "/30" }]);
  expect(checkClock([], now)).toEqual([]);
});
