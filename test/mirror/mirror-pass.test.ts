import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { testOnlyFaults } from "../../src/disk/disk.ts";
import { systemError } from "../support/faults.ts";
import { everything, put, quarantined, text, twoSides } from "./support/two-sides.ts";

function relink(path: string, target: string): void {
  unlinkSync(path);
  symlinkSync(target, path);
}

const QUIET = { done: [], skipped: [], rest: expect.any(Number) };

describe("a file", () => {
  test("of either side is given to the other, with its mode and time", () => {
    using sides = twoSides();
    put(sides.home("CLAUDE.md"), "mine");
    put(sides.tree("projects/p/session.jsonl"), "{}\n", 100);
    chmodSync(sides.home("CLAUDE.md"), 0o640);
    expect(sides.pass().skipped).toEqual([]);
    expect(text(sides.tree("CLAUDE.md"))).toBe("mine");
    expect(text(sides.home("projects/p/session.jsonl"))).toBe("{}\n");
    const [from, to] = [statSync(sides.home("CLAUDE.md")), statSync(sides.tree("CLAUDE.md"))];
    expect({ mode: to.mode, ms: Math.floor(to.mtimeMs) }).toEqual({
      mode: from.mode,
      ms: Math.floor(from.mtimeMs),
    });
    expect(sides.pass()).toEqual(QUIET);
  });

  test("that one side changed is written to the other, in both directions", () => {
    using sides = twoSides();
    put(sides.home("a"), "1");
    put(sides.home("b"), "1");
    sides.pass();
    put(sides.home("a"), "22", 5);
    put(sides.tree("b"), "33", 20);
    sides.pass();
    expect(everything(sides.places.tree)).toEqual({ a: "22", b: "33" });
    expect(everything(sides.places.home)).toEqual({ a: "22", b: "33" });
    expect(quarantined(sides)).toEqual({});
  });

  test("that both changed is the later one's, and the other is in quarantine", () => {
    using sides = twoSides();
    put(sides.home("a"), "base");
    put(sides.home("b"), "base");
    sides.pass();
    put(sides.home("a"), "of home, later", 1);
    put(sides.tree("a"), "of the tree", 2);
    put(sides.home("b"), "of home", 2);
    put(sides.tree("b"), "of the tree, later", 1);
    sides.pass();
    expect(everything(sides.places.home)).toEqual({ a: "of home, later", b: "of the tree, later" });
    expect(everything(sides.places.tree)).toEqual(everything(sides.places.home));
    expect(quarantined(sides)).toEqual({ a: ["of the tree"], b: ["of home"] });
  });

  test("that one side removed goes from the other, into quarantine", () => {
    using sides = twoSides();
    put(sides.home("a"), "bytes");
    put(sides.home("b"), "bytes of b");
    sides.pass();
    unlinkSync(sides.home("a"));
    unlinkSync(sides.tree("b"));
    sides.pass();
    expect(everything(sides.root)).toMatchObject({ ".claude/": "", "runtime/": "" });
    expect(everything(sides.places.home)).toEqual({});
    expect(everything(sides.places.tree)).toEqual({});
    expect(quarantined(sides)).toEqual({ "removed+a": ["bytes"], "removed+b": ["bytes of b"] });
    expect(sides.pass()).toEqual(QUIET);
  });

  test("that one side removed and the other changed comes back", () => {
    using sides = twoSides();
    put(sides.home("a"), "1");
    sides.pass();
    unlinkSync(sides.home("a"));
    put(sides.tree("a"), "changed");
    sides.pass();
    expect(text(sides.home("a"))).toBe("changed");
  });

  test("that was touched alone is no change that could win", () => {
    using sides = twoSides();
    put(sides.home("a"), "base");
    sides.pass();
    put(sides.tree("a"), "edited", 60);
    put(sides.home("a"), "base", 0);
    sides.pass();
    expect(text(sides.home("a"))).toBe("edited");
    expect(quarantined(sides)).toEqual({});
  });

  test("that became executable is so on the other side", () => {
    using sides = twoSides();
    put(sides.home("hooks/run.sh"), "#!/bin/sh\n");
    chmodSync(sides.home("hooks/run.sh"), 0o644);
    sides.pass();
    chmodSync(sides.tree("hooks/run.sh"), 0o755);
    sides.pass();
    expect(statSync(sides.home("hooks/run.sh")).mode & 0o777).toBe(0o755);
    expect(sides.pass()).toEqual(QUIET);
  });

  test("that became executable right after it was written is so, too", () => {
    using sides = twoSides();
    put(sides.home("hooks/run.sh"), "#!/bin/sh\n", -60);
    chmodSync(sides.home("hooks/run.sh"), 0o644);
    sides.pass();
    chmodSync(sides.tree("hooks/run.sh"), 0o755);
    sides.pass();
    expect(statSync(sides.home("hooks/run.sh")).mode & 0o777).toBe(0o755);
    expect(sides.pass()).toEqual(QUIET);
  });
});

describe("a .jsonl", () => {
  test("that was appended to on both sides keeps both tails, home's first", () => {
    using sides = twoSides();
    put(sides.home("history.jsonl"), "1\n");
    sides.pass();
    appendFileSync(sides.home("history.jsonl"), "home\n");
    appendFileSync(sides.tree("history.jsonl"), "tree\n");
    sides.pass();
    expect(text(sides.home("history.jsonl"))).toBe("1\nhome\ntree\n");
    expect(text(sides.tree("history.jsonl"))).toBe("1\nhome\ntree\n");
    expect(quarantined(sides)).toEqual({});
  });

  test("that grew is appended to in place: who has it open goes on writing to it", () => {
    using sides = twoSides();
    put(sides.home("history.jsonl"), "1\n");
    sides.pass();
    const before = lstatSync(sides.home("history.jsonl")).ino;
    appendFileSync(sides.tree("history.jsonl"), "2\n");
    expect(sides.pass().done).toEqual([{ do: "append", name: "history.jsonl", to: "home" }]);
    expect(text(sides.home("history.jsonl"))).toBe("1\n2\n");
    expect(lstatSync(sides.home("history.jsonl")).ino).toBe(before);
    expect(sides.pass().done).toEqual([]);
  });
});

describe("a directory", () => {
  test("that is new comes with all that is in it, and goes with it", () => {
    using sides = twoSides();
    put(sides.tree("skills/x/SKILL.md"), "skill");
    mkdirSync(sides.tree("skills/x/empty"));
    sides.pass();
    expect(everything(sides.places.home)).toEqual(everything(sides.places.tree));
    rmSync(sides.home("skills/x"), { recursive: true });
    sides.pass();
    expect(everything(sides.places.tree)).toEqual({ "skills/": "" });
    expect(quarantined(sides)).toEqual({ "removed+skills+x+SKILL.md": ["skill"] });
    expect(sides.pass()).toEqual(QUIET);
  });

  test("that one side removed stays for what the other added to it", () => {
    using sides = twoSides();
    put(sides.home("d/old"), "old");
    sides.pass();
    rmSync(sides.home("d"), { recursive: true });
    put(sides.tree("d/new"), "new");
    sides.pass();
    expect(everything(sides.places.home)).toEqual({ "d/": "", "d/new": "new" });
    expect(everything(sides.places.tree)).toEqual({ "d/": "", "d/new": "new" });
  });

  test("that a file took the place of is replaced, and the other way round", () => {
    using sides = twoSides();
    put(sides.home("d/a"), "a");
    put(sides.home("f"), "f");
    sides.pass();
    rmSync(sides.tree("d"), { recursive: true });
    put(sides.tree("d"), "a file now");
    unlinkSync(sides.home("f"));
    put(sides.home("f/in"), "a directory now");
    sides.pass();
    expect(everything(sides.places.home)).toEqual({ d: "a file now", "f/": "", "f/in": "a directory now" });
    expect(everything(sides.places.tree)).toEqual(everything(sides.places.home));
    expect(quarantined(sides)).toEqual({ "removed+d+a": ["a"], "removed+f": ["f"] });
  });
});

describe("a link", () => {
  test("of claude home is written through, to a file or a directory elsewhere (trap 31)", () => {
    using sides = twoSides();
    put(`${sides.root}/dotfiles/CLAUDE.md`, "mine");
    put(`${sides.root}/dotfiles/commands/go.md`, "go");
    symlinkSync(`${sides.root}/dotfiles/CLAUDE.md`, sides.home("CLAUDE.md"));
    symlinkSync(`${sides.root}/dotfiles/commands`, sides.home("commands"));
    sides.pass();
    expect(everything(sides.places.tree)).toEqual({
      "CLAUDE.md": "mine",
      "commands/": "",
      "commands/go.md": "go",
    });
    put(sides.tree("CLAUDE.md"), "edited");
    put(sides.tree("commands/new.md"), "new");
    sides.pass();
    expect(everything(`${sides.root}/dotfiles`)).toEqual({
      "CLAUDE.md": "edited",
      "commands/": "",
      "commands/go.md": "go",
      "commands/new.md": "new",
    });
    expect(lstatSync(sides.home("CLAUDE.md")).isSymbolicLink()).toBe(true);
  });

  test("of claude home goes as a link when the tree removes what it led to", () => {
    using sides = twoSides();
    put(`${sides.root}/dotfiles/CLAUDE.md`, "mine");
    put(`${sides.root}/dotfiles/commands/go.md`, "go");
    symlinkSync(`${sides.root}/dotfiles/CLAUDE.md`, sides.home("CLAUDE.md"));
    symlinkSync(`${sides.root}/dotfiles/commands`, sides.home("commands"));
    sides.pass();
    rmSync(sides.tree("commands"), { recursive: true });
    unlinkSync(sides.tree("CLAUDE.md"));
    sides.pass();
    expect(everything(sides.places.home)).toEqual({});
    expect(Object.keys(everything(`${sides.root}/dotfiles`))).toEqual([
      "CLAUDE.md",
      "commands/",
      "commands/go.md",
    ]);
    expect(quarantined(sides)).toEqual({
      "removed+CLAUDE.md.link": [`${sides.root}/dotfiles/CLAUDE.md\n`],
      "removed+commands.link": [`${sides.root}/dotfiles/commands\n`],
    });
  });

  test("of claude home that leads in a circle, to nothing, or to our own files is named and left", () => {
    using sides = twoSides();
    mkdirSync(sides.home("projects"));
    symlinkSync(sides.places.home, sides.home("projects/up"));
    symlinkSync("nowhere", sides.home("gone"));
    symlinkSync(sides.root, sides.home("outside"));
    put(sides.home("projects/file"), "file");
    const skipped = new Map(sides.pass().skipped.map(({ name, why }) => [name, why]));
    expect(Object.fromEntries(skipped)).toEqual({
      "projects/up": "its links lead in a circle",
      gone: "its link in claude home leads to nothing",
      outside: "the profile's own files are in it",
    });
    expect(everything(sides.places.tree)).toEqual({ "projects/": "", "projects/file": "file" });
  });

  test("that is made in the tree stands in claude home, too, wherever in there it leads", () => {
    using sides = twoSides();
    put(sides.tree("plugins/p/cli.js"), "run");
    mkdirSync(sides.tree("plugins/bin"));
    symlinkSync("../p/cli.js", sides.tree("plugins/bin/cli"));
    symlinkSync("../p", sides.tree("plugins/bin/all"));
    symlinkSync("not-there", sides.tree("plugins/bin/gone"));
    symlinkSync("/dev/null", sides.tree("plugins/bin/nothing"));
    mkdirSync(sides.tree("debug"));
    symlinkSync(sides.tree("debug/1.txt"), sides.tree("debug/latest"));
    expect(sides.pass().skipped).toEqual([]);
    expect(everything(sides.places.home)).toEqual({
      ...everything(sides.places.tree),
      "debug/latest": `-> ${sides.home("debug/1.txt")}`,
    });
    expect(readlinkSync(sides.tree("debug/latest"))).toBe(sides.tree("debug/1.txt"));
    expect(sides.pass()).toEqual(QUIET);
  });

  test("that both have is three-way like a file", () => {
    using sides = twoSides();
    for (const name of ["a", "b", "c", "d", "e"]) symlinkSync("base", sides.tree(name));
    sides.pass();
    relink(sides.tree("a"), "of the tree");
    relink(sides.home("b"), "of home");
    unlinkSync(sides.tree("c"));
    unlinkSync(sides.home("d"));
    relink(sides.tree("e"), "of the tree");
    relink(sides.home("e"), "of home, later");
    lutimesSync(sides.tree("e"), 1000, 1000);
    sides.pass();
    expect(everything(sides.places.home)).toEqual({
      a: "-> of the tree",
      b: "-> of home",
      e: "-> of home, later",
    });
    expect(everything(sides.places.tree)).toEqual(everything(sides.places.home));
    expect(quarantined(sides)).toEqual({
      "e.link": ["of the tree\n"],
      "removed+c.link": ["base\n"],
      "removed+d.link": ["base\n"],
    });
    expect(sides.pass()).toEqual(QUIET);
  });

  test("that takes the place of a file, or a file of it, does so on the other side", () => {
    using sides = twoSides();
    put(sides.home("target"), "target");
    put(sides.home("file"), "file");
    for (const name of ["tree", "home"]) symlinkSync("target", sides.tree(name));
    sides.pass();
    unlinkSync(sides.tree("file"));
    symlinkSync("target", sides.tree("file"));
    for (const side of [sides.tree, sides.home]) {
      const name = side === sides.tree ? "tree" : "home";
      unlinkSync(side(name));
      put(side(name), "a file now");
    }
    sides.pass();
    expect(everything(sides.places.home)).toEqual({
      target: "target",
      file: "-> target",
      tree: "a file now",
      home: "a file now",
    });
    expect(everything(sides.places.tree)).toEqual(everything(sides.places.home));
    expect(quarantined(sides)).toMatchObject({ "removed+file": ["file"] });
    expect(sides.pass()).toEqual(QUIET);
  });

  test("that leads out of the tree from where it stands is left there, and named", () => {
    using sides = twoSides();
    symlinkSync("../backups", sides.tree("out"));
    expect(sides.pass().skipped).toEqual([{ name: "out", why: "its link leads out of the tree" }]);
    expect(everything(sides.places.home)).toEqual({});
  });

  test("that claude home can't have stays in the tree, which is said once", () => {
    using sides = twoSides();
    symlinkSync("target", sides.tree("a"));
    using _ = testOnlyFaults(() => ({
      symlink: () => {
        throw systemError("EPERM");
      },
    }));
    expect(sides.pass().done).toEqual([{ do: "keep-link", name: "a", to: "tree" }]);
    expect(sides.pass()).toEqual(QUIET);
    expect(everything(sides.places.tree)).toEqual({ a: "-> target" });
  });

  test("in the tree is neither followed nor removed", () => {
    using sides = twoSides();
    put(`${sides.root}/elsewhere/file`, "not ours");
    put(sides.home("plans/file"), "of home");
    symlinkSync(`${sides.root}/elsewhere`, sides.tree("plans"));
    expect(sides.pass().skipped).toEqual([{ name: "plans", why: "a link stands in its place in the tree" }]);
    sides.pass({ changed: new Set(["plans/file"]) });
    expect(text(`${sides.root}/elsewhere/file`)).toBe("not ours");
    expect(lstatSync(sides.tree("plans")).isSymbolicLink()).toBe(true);
  });
});

describe("a pass", () => {
  test("that would remove more than twenty files removes none, and carries the rest", () => {
    using sides = twoSides();
    for (let n = 0; n < 21; n++) put(sides.home(`todos/${n}`), `${n}`);
    sides.pass();
    rmSync(sides.tree("todos"), { recursive: true });
    put(sides.tree("other"), "other");
    const outcome = sides.pass();
    expect(outcome.halted).toBe("21 of 22 files are missing on one side: none was removed from the other");
    expect(text(sides.home("todos/7"))).toBe("7");
    expect(text(sides.home("other"))).toBe("other");
    expect(sides.pass({ removals: "confirmed" }).done).toHaveLength(22);
    expect(everything(sides.places.home)).toEqual({ other: "other" });
  });

  test("that is told of a directory and of one in it counts what is gone from both once", () => {
    using sides = twoSides();
    for (let n = 0; n < 12; n++) put(sides.home(`projects/p/${n}.jsonl`), `${n}`);
    sides.pass();
    // Not removed: a file system may give the inode to the new one.
    renameSync(sides.home("projects"), `${sides.root}/taken away`);
    put(sides.home("projects/p/new.jsonl"), "new");
    const { done, halted, skipped } = sides.pass({ changed: new Set(["projects", "projects/p"]) });
    expect({ halted, skipped, removed: done.filter((step) => step.do === "remove").length }).toEqual({
      halted: undefined,
      skipped: [],
      removed: 12,
    });
  });

  test("carries a directory that was moved, however many files are in it, and keeps no second copy of them", () => {
    using sides = twoSides();
    for (let n = 0; n < 30; n++) put(sides.home(`plugins/a/${n}`), `${n}`);
    sides.pass();
    renameSync(sides.tree("plugins/a"), sides.tree("plugins/b"));
    expect(sides.pass().halted).toBeUndefined();
    expect(everything(sides.places.home)).toEqual(everything(sides.places.tree));
    expect(Object.keys(everything(sides.places.home))).toHaveLength(32);
    expect(quarantined(sides)).toEqual({});
  });

  test("whose index can't be trusted unites both sides", () => {
    using sides = twoSides();
    put(sides.home("a"), "a");
    put(sides.home("b"), "b");
    sides.pass();
    unlinkSync(sides.tree("a"));
    put(sides.tree("b"), "older, of the tree", 60);
    sides.pass({ trusted: false });
    expect(everything(sides.places.tree)).toEqual({ a: "a", b: "b" });
    expect(everything(sides.places.home)).toEqual({ a: "a", b: "b" });
    expect(quarantined(sides)).toEqual({ b: ["older, of the tree"] });
  });

  test("leaves out what is not mirrored, and forgets what no longer is", () => {
    using sides = twoSides();
    put(sides.home("state/shared"), "shared");
    put(sides.home("state/private"), "private");
    put(sides.home("mine"), "mine");
    const isMirrored = (name: string) => name !== "mine" && name !== "state/private";
    sides.pass({ isMirrored });
    expect(everything(sides.places.tree)).toEqual({ "state/": "", "state/shared": "shared" });
    unlinkSync(sides.tree("state/shared"));
    sides.pass({ isMirrored: () => false });
    sides.pass();
    expect(everything(sides.places.tree)).toEqual(everything(sides.places.home));
  });

  test("leaves locks and files in flight alone, but not what others have to read (trap 32)", () => {
    using sides = twoSides();
    put(sides.home("ide/1234.lock"), "{}");
    put(sides.home("plugins/p/yarn.lock"), "yarn");
    put(sides.home("plugins/p/.git/index.lock"), "");
    // Claude home itself may be a repository.
    put(sides.home(".git/index.lock"), "");
    put(sides.home("projects/p/x.tmp.12.ab"), "half");
    put(sides.home("history.jsonl.lock"), "");
    mkdirSync(sides.home("tasks/t.lock"), { recursive: true });
    sides.pass();
    expect(Object.keys(everything(sides.places.tree)).filter((name) => !name.endsWith("/"))).toEqual([
      "ide/1234.lock",
      "plugins/p/yarn.lock",
    ]);
    expect(Object.keys(everything(sides.places.tree))).not.toContain("tasks/t.lock/");
  });

  test("that is told what changed looks at nothing else", () => {
    using sides = twoSides();
    put(sides.home("a/1"), "1");
    put(sides.home("b/1"), "1");
    sides.pass();
    put(sides.home("a/1"), "changed");
    put(sides.home("b/1"), "changed");
    put(sides.home("c/d/e"), "new");
    sides.pass({ changed: new Set(["a/1", "c", "no/such/path"]) });
    expect(everything(sides.places.tree)).toMatchObject({ "a/1": "changed", "b/1": "1", "c/d/e": "new" });
  });
});
