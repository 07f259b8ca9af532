import { expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testOnlyWithFaults } from "../../src/disk/disk.ts";
import { isTemporaryName } from "../../src/disk/write-file.ts";
import { sitesOf, withFaultAt } from "../support/fault-sites.ts";
import { systemError } from "../support/faults.ts";
import { EVENTFUL_END, eventfulSides } from "./support/eventful-pass.ts";
import { everything, put, quarantined, type TwoSides, text, twoSides } from "./support/two-sides.ts";

/** Each fault has its own two trees, whose copies are synced. */
setDefaultTimeout(300_000);

const CODES = ["EIO", "ENOSPC", "EACCES", "EROFS", "EMFILE", "ESTALE"] as const;

test("each call of the disk that fails costs one entry at most, and the next pass heals it", async () => {
  using whole = freshSides();
  const sites = await sitesOf(whole.root, () => whole.pass());
  const aside = quarantined(whole);
  expect(sites.length).toBeGreaterThan(80);
  const ends = { pass: 0, entry: 0, nothing: 0 };
  for (const [index, site] of sites.entries()) {
    using sides = freshSides();
    const code = CODES[index % CODES.length] ?? "EIO";
    const at = `${site.key} ${code}`;
    let skipped: readonly string[] = [];
    const { thrown } = await withFaultAt(sides.root, site, { what: "once", code }, () => {
      skipped = sides.pass().skipped.map(({ name }) => name);
    });
    expect({ at, thrown }).toEqual({ at, thrown: undefined });
    ends[skipped.includes("") ? "pass" : skipped.length > 0 ? "entry" : "nothing"] += 1;
    sides.pass();
    sides.pass();
    expect({ at, ...settled(sides.places.home) }).toEqual({ at, ...EVENTFUL_END });
    expect({ at, ...settled(sides.places.tree) }).toEqual({ at, ...EVENTFUL_END });
    expect({ at, aside: onceEach(quarantined(sides)) }).toMatchObject({ at, aside });
  }
  console.log(`${sites.length} calls of a pass failed in turn, and cost: ${JSON.stringify(ends)}`);
});

function freshSides(): TwoSides {
  return eventfulSides(realpathSync(mkdtempSync(join(tmpdir(), "clauth-mirror-"))));
}

/** What could be stored and not synced is stored again. */
function onceEach(found: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(found).map(([kind, texts]) => [kind, [...new Set(texts)]]));
}

function settled(root: string): Record<string, string> {
  const last = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  return Object.fromEntries(
    Object.entries(everything(root)).filter(([name]) => !isTemporaryName(last(name))),
  );
}

test("a directory that can't be read is no empty one, and costs the others nothing", () => {
  using sides = twoSides();
  put(sides.home("projects/p/a"), "a");
  put(sides.home("b"), "b");
  sides.pass();
  put(sides.home("b"), "changed");
  const closed = sides.tree("projects/p");
  const outcome = testOnlyWithFaults(
    (real) => ({
      list: (path) => {
        if (path === closed) throw systemError("EACCES");
        return real.list(path);
      },
    }),
    () => sides.pass(),
  );
  expect(outcome.skipped).toEqual([{ name: "projects/p", why: "permission denied in the tree" }]);
  expect(text(sides.home("projects/p/a"))).toBe("a");
  expect(text(sides.tree("b"))).toBe("changed");
});

test("a FIFO, and a name that is not UTF-8 are named; odd names come over", () => {
  using sides = twoSides();
  mkdirSync(sides.home("d"));
  Bun.spawnSync(["mkfifo", sides.home("d/pipe")]);
  writeFileSync(Buffer.concat([Buffer.from(sides.home("d/")), Uint8Array.of(0xff)]), "bytes");
  const odd = [
    "new\nline",
    " space ",
    "CON",
    "aux.txt",
    "nul",
    "-rf",
    "a\\b",
    "trailing.",
    "ü",
    "u\u0308",
    "a'b\"c",
    "%2e",
  ];
  for (const name of odd) put(sides.tree(`d/${name}`), name);
  const { skipped } = sides.pass();
  expect(new Map(skipped.map(({ name, why }) => [name, why]))).toEqual(
    new Map([
      ["d/pipe", "it is neither a file nor a directory"],
      ["d/\uFFFD", "its name is not valid UTF-8"],
    ]),
  );
  for (const name of odd) expect(text(sides.home(`d/${name}`))).toBe(name);
  const told = sides.pass({ changed: new Set(["d/\uFFFD"]) });
  expect(told.skipped).toEqual([{ name: "d/\uFFFD", why: "its name is not valid UTF-8" }]);
  expect(readdirSync(sides.places.tree)).toEqual(["d"]);
});

test("a file that vanishes or is replaced while it is carried is the next pass's", () => {
  using sides = twoSides();
  put(sides.home("a"), "a");
  put(sides.home("b"), "b");
  sides.pass();
  put(sides.home("a"), "a, changed");
  put(sides.home("b"), "b, changed");
  // Somebody replaces the tree's file after it was judged, right before ours takes its name.
  const replaced = testOnlyWithFaults(
    (real) => ({
      exchange: (from, to) => {
        if (to === sides.tree("b") && !existsSync(sides.tree("b.done"))) {
          put(sides.tree("b.done"), "");
          put(`${sides.root}/late`, "written late", 0);
          renameSync(`${sides.root}/late`, to);
        }
        return real.exchange(from, to);
      },
      open: (path, flags, mode) => {
        if (path === sides.home("a") && existsSync(path)) unlinkSync(path);
        return real.open(path, flags, mode);
      },
    }),
    () => sides.pass(),
  );
  expect(replaced.skipped.map(({ name }) => name).sort()).toEqual(["a", "b"]);
  expect(replaced).toMatchObject({ again: 1000, left: new Set(["a", "b"]) });
  expect(text(sides.tree("b"))).toBe("written late");
  sides.pass();
  expect(text(sides.home("b"))).toBe("written late");
  expect(quarantined(sides)).toMatchObject({ b: ["b, changed"], "removed+a": ["a"] });
});

test("a file that may not be written is replaced all the same, and keeps its mode", () => {
  using sides = twoSides();
  put(sides.home("s.jsonl"), "1\n");
  chmodSync(sides.home("s.jsonl"), 0o444);
  sides.pass();
  expect(statSync(sides.tree("s.jsonl")).mode & 0o777).toBe(0o444);
  put(sides.tree("s.jsonl"), "1\n2\n");
  const refused = testOnlyWithFaults(
    (real) => ({
      open: (path, flags, mode) => {
        if (path === sides.home("s.jsonl") && (flags & 3) !== 0) throw systemError("EACCES");
        return real.open(path, flags, mode);
      },
    }),
    () => sides.pass(),
  );
  expect(refused.skipped).toEqual([]);
  expect(text(sides.home("s.jsonl"))).toBe("1\n2\n");
  expect(lstatSync(sides.home("s.jsonl")).mode & 0o777).toBe(0o444);
});

test("a file of zeros, as a power loss leaves one, costs no good copy", () => {
  using sides = twoSides();
  put(sides.home("s.jsonl"), "good\n");
  put(sides.home("CLAUDE.md"), "good too");
  sides.pass();
  put(sides.tree("s.jsonl"), "", 0);
  put(sides.tree("CLAUDE.md"), new Uint8Array(8), 0);
  sides.pass();
  expect(quarantined(sides)).toEqual({ "CLAUDE.md": ["good too"], "s.jsonl": ["good\n"] });
});

test("two names of claude home that are one in the tree stay two files", () => {
  using sides = twoSides();
  put(sides.home("Foo"), "Foo");
  sides.pass();
  put(sides.home("foo"), "another, and later", 1);
  const folded = (path: string) => (path === sides.tree("foo") ? sides.tree("Foo") : path);
  const root = (path: string) => (path === join(sides.root, "RUNTIME") ? sides.places.tree : path);
  testOnlyWithFaults(
    (real) => ({
      lstatIfThere: (path) => real.lstatIfThere(folded(path)),
      statIfThere: (path) => real.statIfThere(root(folded(path))),
      open: (path, flags, mode) => real.open(folded(path), flags, mode),
      link: (from, to) => real.link(from, folded(to)),
    }),
    () => {
      for (const changed of [undefined, new Set(["foo"]), new Set(["Foo", "foo"])]) {
        const { done, skipped, again } = sides.pass({ changed });
        expect({ done, again, skipped: skipped.map(({ name }) => name) }).toEqual({
          done: [],
          again: undefined,
          skipped: ["foo"],
        });
      }
    },
  );
  expect(everything(sides.places.tree)).toEqual({ Foo: "Foo" });
  expect(everything(sides.places.home)).toEqual({ Foo: "Foo", foo: "another, and later" });
  expect(quarantined(sides)).toEqual({});
});

test("a root that is gone is no deletion", () => {
  using sides = twoSides();
  put(sides.home("a"), "a");
  sides.pass();
  renameSync(sides.places.tree, `${sides.places.tree}.away`);
  expect(sides.pass().skipped).toEqual([{ name: "", why: `${sides.places.tree} is no directory` }]);
  expect(text(sides.home("a"))).toBe("a");
});
