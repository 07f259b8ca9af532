import { afterEach, expect, setDefaultTimeout, setSystemTime, test } from "bun:test";
import { mkdtempSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTemporaryName } from "../../src/disk/write-file.ts";
import { EVENTFUL_END, eventfulSides } from "./support/eventful-pass.ts";
import { everything, put, quarantined, type TwoSides, twoSides } from "./support/two-sides.ts";

/** A pass that carries everything there is to carry is killed at each of its checkpoints. */
setDefaultTimeout(120_000);
afterEach(() => void setSystemTime());

const PROGRAM = join(import.meta.dir, "support", "eventful-pass.ts");
const PRELOAD = join(import.meta.dir, "..", "support", "checkpoint-preload.ts");

function freshSides(): TwoSides {
  return eventfulSides(realpathSync(mkdtempSync(join(tmpdir(), "clauth-mirror-"))));
}

/** @returns false where it was killed */
function passIn(sides: TwoSides, env: Readonly<Record<string, string>>): boolean {
  const argv = [process.execPath, "--preload", PRELOAD, PROGRAM, sides.root];
  return Bun.spawnSync(argv, { env: { ...process.env, ...env }, stderr: "inherit" }).success;
}

/** Without what was in flight, and without the directories that can't go before that is swept. */
function settled(found: Record<string, string>): Record<string, string> {
  const inFlight = (name: string) => isTemporaryName(name.slice(name.lastIndexOf("/") + 1));
  const waits = (name: string) => {
    const inside = Object.keys(found).filter((one) => one !== name && one.startsWith(name));
    return name.endsWith("/") && inside.length > 0 && inside.every(inFlight);
  };
  return Object.fromEntries(Object.entries(found).filter(([name]) => !inFlight(name) && !waits(name)));
}

test("kill -9 at any checkpoint of a pass loses nothing, and the next pass does the rest", () => {
  using whole = freshSides();
  const trail = join(whole.root, "trail");
  expect(passIn(whole, { CLAUTH_TEST_CHECKPOINTS: trail })).toBe(true);
  const checkpoints = readFileSync(trail, "utf8").trim().split("\n");
  expect(new Set(checkpoints)).toContain("mirror-removed");
  expect(checkpoints.length).toBeGreaterThan(25);
  const asideOfWhole = quarantined(whole);
  for (const [index, name] of checkpoints.entries()) {
    const at = `${name} (${index + 1} of ${checkpoints.length})`;
    using sides = freshSides();
    expect({ at, ended: passIn(sides, { CLAUTH_TEST_KILL_AT: String(index + 1) }) }).toEqual({
      at,
      ended: false,
    });
    sides.pass();
    expect({ at, ...settled(everything(sides.places.home)) }).toEqual({ at, ...EVENTFUL_END });
    expect({ at, ...settled(everything(sides.places.tree)) }).toEqual({ at, ...EVENTFUL_END });
    expect({ at, aside: quarantined(sides) }).toEqual({ at, aside: asideOfWhole });
    expect({ at, done: sides.pass().done }).toEqual({ at, done: [] });
  }
});

test("what a killed pass left in flight is removed when nobody has touched it for ten minutes", () => {
  using sides = twoSides();
  // Its bytes are as old as those of what it is a copy of.
  for (const name of [".x.clauth-12-ab.tmp", "d/.x.clauth-12-ab.tmp"]) put(sides.home(name), "half", 700);
  const before = everything(sides.places.home);
  sides.pass();
  expect(everything(sides.places.home)).toEqual(before);
  setSystemTime(Date.now() + 11 * 60 * 1000);
  sides.pass();
  expect(everything(sides.places.home)).toEqual({ "d/": "" });
});
