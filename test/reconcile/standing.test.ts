import { afterEach, expect, setSystemTime, test } from "bun:test";
import { utimesSync } from "node:fs";
import { testOnlyFaults } from "../../src/disk/disk.ts";
import type { DocumentKind } from "../../src/reconcile/document.ts";
import { documentKinds } from "../../src/reconcile/kinds.ts";
import { SETTLE_MS, type Sightings, untilStanding } from "../../src/reconcile/standing.ts";
import { createProfileHome, type ProfileHome, put } from "./support/profile-home.ts";

const HOUR_MS = 3_600_000;

/** Home's file, put there just now, with a time of its own where one is given. */
function written(box: ProfileHome, mtime?: Date): DocumentKind {
  const [kind] = documentKinds(box.places, { overlay: {}, applied: [], keep: [] });
  if (kind === undefined) throw new Error("there is no document");
  put(kind.home, {});
  if (mtime !== undefined) utimesSync(kind.home, mtime, mtime);
  return kind;
}

/** Every file is as old as that, by both of its times. */
function everyFileAged(ms: number): Disposable {
  const passed = BigInt(ms) * 1_000_000n;
  return testOnlyFaults((real) => ({
    stat: (path) => {
      const stats = real.stat(path);
      return Object.defineProperties(stats, {
        mtimeNs: { value: stats.mtimeNs - passed },
        ctimeNs: { value: stats.ctimeNs - passed },
      });
    },
  }));
}

function sinceSeen(sightings: Sightings, ms: number): void {
  for (const [path, seen] of sightings) sightings.set(path, { ...seen, sinceMs: seen.sinceMs - ms });
}

afterEach(() => setSystemTime());

test("a file that was written long ago stands, and one that is not there", () => {
  using box = createProfileHome();
  const kind = written(box);
  using _ = everyFileAged(SETTLE_MS + 10);
  expect(untilStanding(kind, ["home", "tree"])).toBe(0);
});

test("a file that was written a moment ago is waited for", () => {
  using box = createProfileHome();
  const kind = written(box);
  using _ = everyFileAged(1000);
  const left = untilStanding(kind, ["home"]);
  expect(left).toBeGreaterThan(SETTLE_MS - 1500);
  expect(left).toBeLessThanOrEqual(SETTLE_MS - 1000);
});

test.each([-HOUR_MS, HOUR_MS])(
  "a time that its writer gave it (%p ms off) proves nothing, but what this process saw does",
  (offMs) => {
    using box = createProfileHome();
    const kind = written(box, new Date(Date.now() + offMs));
    const sightings = new Map();
    expect(untilStanding(kind, ["home"], sightings)).toBeGreaterThan(SETTLE_MS - 500);
    sinceSeen(sightings, SETTLE_MS);
    expect(untilStanding(kind, ["home"], sightings)).toBe(0);
  },
);

test.each([
  ["is set back", -HOUR_MS],
  ["is set forward, or goes on while the machine sleeps", HOUR_MS],
])(
  "a clock that %s while a file is young does not make it older, but what this process saw does",
  (_, stepMs) => {
    using box = createProfileHome();
    const kind = written(box);
    setSystemTime(Date.now() + stepMs);
    const sightings = new Map();
    expect(untilStanding(kind, ["home"], sightings)).toBe(SETTLE_MS);
    sinceSeen(sightings, SETTLE_MS);
    expect(untilStanding(kind, ["home"], sightings)).toBe(0);
  },
);
