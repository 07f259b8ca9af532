import { Database } from "bun:sqlite";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { openMirrorIndex } from "../../src/mirror/mirror-index.ts";
import { kindOf } from "../support/faults.ts";
import { everything, put, type TwoSides, text, twoSides } from "./support/two-sides.ts";

setDefaultTimeout(60_000);

const FILE = {
  type: "file",
  hash: "h",
  size: 7,
  home: { mark: "1:18446744073709551615:7:1", mode: 0o600 },
  tree: { mark: "", mode: 0o755 },
} as const;

describe("the index", () => {
  test("gives back what was committed, and nothing else", () => {
    using sides = twoSides();
    const first = openMirrorIndex(sides.places.base, true);
    first.put("a", FILE);
    first.put("d/b", FILE);
    first.commit();
    first.put("d/never", FILE);
    first[Symbol.dispose]();
    const second = openMirrorIndex(sides.places.base, true);
    expect(second.find("d/b")).toEqual(FILE);
    expect([...second.entriesOf("d").keys()]).toEqual(["b"]);
    expect([...second.entriesOf("").keys()]).toEqual(["a"]);
    expect([second.countFiles(1), second.countFiles(100)]).toEqual([1, 2]);
    second[Symbol.dispose]();
  });

  test("forgets a directory with all that is below it, and none that is merely called alike", () => {
    using sides = twoSides();
    const index = openMirrorIndex(sides.places.base, true);
    for (const name of ["d", "d/a", "d/e/b", "d/e/f/c", "d-2/a", "d0/a", "da", "d.x/y"])
      index.put(name, FILE);
    index.forget("d");
    const left = ["d", "d/a", "d/e/b", "d/e/f/c", "d-2/a", "d0/a", "da", "d.x/y"].filter(
      (name) => index.find(name) !== undefined,
    );
    expect(left).toEqual(["d-2/a", "d0/a", "da", "d.x/y"]);
    index[Symbol.dispose]();
  });

  test("is open to one process at a time, and a pass meanwhile does nothing but ask to be called again", () => {
    using sides = twoSides();
    put(sides.home("a"), "a");
    const index = openMirrorIndex(sides.places.base, true);
    expect(kindOf(() => openMirrorIndex(sides.places.base, true))).toBe("mirror_busy");
    expect(sides.pass()).toMatchObject({
      done: [],
      skipped: [{ name: "", why: "another pass is under way" }],
      again: 1000,
    });
    index[Symbol.dispose]();
    expect(sides.pass().done).toHaveLength(1);
  });

  test("that is damaged is made anew, and both sides are united", () => {
    using sides = twoSides();
    put(sides.home("a"), "a");
    sides.pass();
    writeFileSync(
      join(sides.places.base, "mirror.sqlite"),
      "no database at all, but long enough to be read as one",
    );
    put(sides.tree("b"), "b");
    sides.pass();
    expect(everything(sides.places.home)).toEqual({ a: "a", b: "b" });
    expect(everything(sides.places.tree)).toEqual({ a: "a", b: "b" });
  });

  test.each<[string, (path: string) => void]>([
    ["a directory", (path) => mkdirSync(path)],
    ["a link that leads nowhere", (path) => symlinkSync("nowhere", path)],
    ["another's database", (path) => runIn(path, "CREATE VIEW entry AS SELECT 1; PRAGMA user_version = 1")],
    ["one with a column more", (path) => runIn(path, "ALTER TABLE entry ADD COLUMN more TEXT")],
    ["an empty file", (path) => writeFileSync(path, "")],
  ])("begins anew in the place of %s, closed to others", (what, make) => {
    using sides = twoSides();
    const path = join(sides.places.base, "mirror.sqlite");
    put(sides.home("a"), "a");
    sides.pass();
    if (what !== "one with a column more") rmSync(path);
    make(path);
    put(sides.tree("b"), "b");
    expect(sides.pass().skipped).toEqual([]);
    expect(everything(sides.places.home)).toEqual({ a: "a", b: "b" });
    expect(sides.pass().done).toEqual([]);
    // Windows shows one mode for all of its files.
    for (const name of process.platform === "win32" ? [] : ["mirror.sqlite", "mirror.sqlite-journal"]) {
      expect(statSync(join(sides.places.base, name)).mode & 0o777).toBe(0o600);
    }
  });

  test("that is found damaged in the middle of a pass is made anew in that very pass", () => {
    using sides = twoSides();
    for (let file = 0; file < 600; file++) put(sides.home(`d/${file}`), `${file}`);
    sides.pass();
    damageRows(join(sides.places.base, "mirror.sqlite"));
    put(sides.tree("d/7"), "edited", 1);
    unlinkSync(sides.home("d/8"));
    expect(sides.pass().skipped).toEqual([]);
    expect(text(sides.home("d/7"))).toBe("edited");
    expect(text(sides.home("d/8"))).toBe("8");
    expect(sides.pass().done).toEqual([]);
  });

  test("is not written by a pass that changes nothing", () => {
    using sides = twoSides();
    put(sides.home("projects/p/a"), "a");
    sides.pass();
    const before = times(sides);
    sides.pass();
    sides.pass({ changed: new Set(["projects/p/a", "projects", "no/such"]) });
    expect(times(sides)).toEqual(before);
  });
});

function runIn(path: string, statements: string): void {
  using database = new Database(path);
  database.run(statements);
}

/** All pages but the first, which says what tables there are, and the last. */
function damageRows(path: string): void {
  const bytes = readFileSync(path);
  bytes.fill(0xaa, 3 * 4096, bytes.length - 4096);
  writeFileSync(path, bytes);
}

function times({ places }: TwoSides): Record<string, bigint> {
  const names = [".", ...readdirSync(places.base)];
  return Object.fromEntries(
    names.map((name) => [name, statSync(join(places.base, name), { bigint: true }).ctimeNs]),
  );
}
