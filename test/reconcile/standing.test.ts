import { expect, setSystemTime, test } from "bun:test";
import { utimesSync } from "node:fs";
import { documentKinds } from "../../src/reconcile/kinds.ts";
import { SETTLE_MS, untilStanding } from "../../src/reconcile/standing.ts";
import { createProfileHome, type ProfileHome, put } from "./support/profile-home.ts";

function written(box: ProfileHome, agoMs: number) {
  const [kind] = documentKinds(box.places, { overlay: {}, applied: [], keep: [] });
  if (kind === undefined) throw new Error("there is no document");
  put(kind.home, {});
  utimesSync(kind.home, new Date(), new Date(Date.now() - agoMs));
  return kind;
}

test("a file that was written long ago stands, and one that is not there", () => {
  using box = createProfileHome();
  expect(untilStanding(written(box, SETTLE_MS + 10), ["home", "tree"])).toBe(0);
});

test("a file that was written a moment ago is waited for", () => {
  using box = createProfileHome();
  const left = untilStanding(written(box, 1000), ["home"]);
  expect(left).toBeGreaterThan(SETTLE_MS - 1500);
  expect(left).toBeLessThanOrEqual(SETTLE_MS - 1000);
});

test("a time in the future proves nothing, but what this process saw does", () => {
  using box = createProfileHome();
  const kind = written(box, -3_600_000);
  const sightings = new Map();
  expect(untilStanding(kind, ["home"], sightings)).toBe(SETTLE_MS);
  for (const [path, seen] of sightings) sightings.set(path, { ...seen, sinceMs: seen.sinceMs - SETTLE_MS });
  expect(untilStanding(kind, ["home"], sightings)).toBe(0);
});

test("a clock that is set back while a file is young does not make it older", () => {
  using box = createProfileHome();
  const kind = written(box, 0);
  setSystemTime(Date.now() - 3_600_000);
  try {
    expect(untilStanding(kind, ["home"])).toBeGreaterThan(SETTLE_MS - 500);
  } finally {
    setSystemTime();
  }
});
