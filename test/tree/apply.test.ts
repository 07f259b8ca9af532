import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { SHARED_DIRECTORIES } from "../../src/tree/entries.ts";
import { everyContent, kind, put, type TwoRoots, text, twoRoots } from "./support/two-roots.ts";

let roots: TwoRoots;
beforeEach(() => {
  roots = twoRoots();
});
afterEach(() => roots.remove());

function expectLinked(name: string): void {
  expect(kind(roots.treePath(name))).toBe(`-> ${roots.homePath(name)}`);
}

function endOf(path: string, from: number): string {
  return readFileSync(path).subarray(from).toString();
}

function quarantined(): string[] {
  return everyContent(roots.paths.backups);
}

describe("a first start", () => {
  test("makes claude home with its known directories, closed to others, and links them (trap 3)", () => {
    roots.pass();
    for (const name of SHARED_DIRECTORIES) {
      expectLinked(name);
      expect(lstatSync(roots.homePath(name)).mode & 0o777).toBe(0o700);
    }
    expectLinked("history.jsonl");
    expect(lstatSync(roots.homePath("history.jsonl")).mode & 0o777).toBe(0o600);
    expect(lstatSync(roots.paths.runtime).mode & 0o777).toBe(0o700);
  });

  test("makes ide/ before anything else", () => {
    expect(roots.plan().steps.filter((step) => step.do === "make-home")[0]?.name).toBe("ide");
  });

  test("links what claude home has, names with line ends too", () => {
    put(roots.homePath("CLAUDE.md"), "mine");
    put(roots.homePath("odd\nname"), "odd");
    put(roots.homePath("statusline.sh"), "#!/bin/sh");
    roots.pass();
    for (const name of ["CLAUDE.md", "odd\nname", "statusline.sh"]) expectLinked(name);
  });

  test.each([
    ".credentials.json",
    ".claude.json",
    "settings.json",
    ".config.json",
    "backups",
    "daemon",
    "daemon.lock",
    "daemon.status.json",
    "jobs",
    "remote-settings.json",
    "policy-limits.json.bak",
    "remote-settings-helper-consent",
    "mcp-needs-auth-cache.json",
    "telemetry",
    "peer.key",
    "history.jsonl.lock",
    ".oauth_refresh.lock.owner",
    "settings.json.tmp.4711.0123456789ab",
    ".CLAUDE.md.clauth-4711-abc.tmp",
  ])("never links %s", (name) => {
    put(roots.homePath(name), "secret");
    roots.pass();
    expect(kind(roots.treePath(name))).toBe("nothing");
  });

  test("shares state/ entry by entry, without hybrid-settings.json", () => {
    put(roots.homePath("state/hybrid-settings.json"), "one account's");
    put(roots.homePath("state/other.json"), "everybody's");
    roots.pass();
    expect(kind(roots.treePath("state"))).toBe("dir");
    expectLinked("state/other.json");
    expect(kind(roots.treePath("state/hybrid-settings.json"))).toBe("nothing");
  });
});

describe("isolation", () => {
  test("links all but the named entries", () => {
    roots.pass({ isolate: ["projects", "history.jsonl"] });
    expect(kind(roots.treePath("projects"))).toBe("nothing");
    expect(kind(roots.treePath("history.jsonl"))).toBe("nothing");
    expectLinked("plugins");
  });

  test("of all links nothing and makes nothing in claude home", () => {
    roots.pass({ isolate: "all" });
    expect(readdirSync(roots.paths.runtime)).toEqual([]);
    expect(readdirSync(roots.home.root)).toEqual([]);
  });

  test("that comes later takes our links away, once the tree is idle", () => {
    roots.pass();
    expect(roots.pass({ isolate: ["projects"], idle: false }).deferred).toEqual(["projects"]);
    expectLinked("projects");
    roots.pass({ isolate: ["projects"] });
    expect(kind(roots.treePath("projects"))).toBe("nothing");
    expect(kind(roots.homePath("projects"))).toBe("dir");
  });

  test("of state/ takes the links inside it away too", () => {
    put(roots.homePath("state/x.json"), "shared");
    roots.pass();
    put(roots.treePath("state/own.json"), "apart");
    roots.pass({ isolate: ["state"] });
    expect(readdirSync(roots.treePath("state"))).toEqual(["own.json"]);
    expect(text(roots.homePath("state/x.json"))).toBe("shared");
  });

  test("that ends brings the entries back to claude home", () => {
    roots.pass({ isolate: ["projects"] });
    put(roots.treePath("projects/p/a.jsonl"), "apart\n");
    put(roots.homePath("projects/p/b.jsonl"), "shared\n");
    roots.pass();
    expectLinked("projects");
    expect(text(roots.homePath("projects/p/a.jsonl"))).toBe("apart\n");
    expect(text(roots.homePath("projects/p/b.jsonl"))).toBe("shared\n");
  });
});

describe("a file where the link was", () => {
  function replaceInTree(name: string, content: string, seconds: number): void {
    put(roots.treePath(`${name}.tmp`), content);
    renameSync(roots.treePath(`${name}.tmp`), roots.treePath(name));
    utimesSync(roots.treePath(name), seconds, seconds);
  }

  test("wins over a home file that is as it was linked, even with an older time; home's bytes go to quarantine", () => {
    put(roots.homePath("CLAUDE.md"), "old");
    roots.pass();
    replaceInTree("CLAUDE.md", "new", 1_000);
    roots.pass({ idle: false });
    expect(text(roots.homePath("CLAUDE.md"))).toBe("new");
    expectLinked("CLAUDE.md");
    expect(quarantined()).toEqual(["old"]);
  });

  test.each([
    ["the tree's, when it is later", 2_000_000_100, "from tree", "from home"],
    ["home's, when it is later", 1_000, "from home", "from tree"],
  ])("beside a changed home file: %s", (_, seconds, kept, lost) => {
    put(roots.homePath("CLAUDE.md"), "old");
    roots.pass();
    put(roots.homePath("CLAUDE.md"), "from home");
    utimesSync(roots.homePath("CLAUDE.md"), 2_000_000_000, 2_000_000_000);
    replaceInTree("CLAUDE.md", "from tree", seconds);
    roots.pass({ idle: false });
    expect(text(roots.homePath("CLAUDE.md"))).toBe(kept);
    expectLinked("CLAUDE.md");
    expect(quarantined()).toEqual([lost]);
  });

  test.each(["home", "tree"])("is judged as if nothing were known once %s is another directory", (side) => {
    put(roots.homePath("CLAUDE.md"), "the very file");
    roots.pass();
    const root = side === "home" ? roots.home.root : roots.paths.runtime;
    renameSync(root, `${root}.old`);
    mkdirSync(root);
    if (side === "home") renameSync(`${root}.old/CLAUDE.md`, roots.homePath("CLAUDE.md"));
    replaceInTree("CLAUDE.md", "stale", 1_000);
    roots.pass();
    expect(text(roots.homePath("CLAUDE.md"))).toBe("the very file");
    expect(quarantined()).toEqual(["stale"]);
  });

  test("keeps both tails of a .jsonl", () => {
    put(roots.homePath("history.jsonl"), "1\n2\n");
    roots.pass();
    replaceInTree("history.jsonl", "1\n2\ntree\n", 1_000);
    put(roots.homePath("history.jsonl"), "1\n2\nhome\n");
    roots.pass();
    expect(text(roots.homePath("history.jsonl"))).toBe("1\n2\nhome\ntree\n");
    expectLinked("history.jsonl");
  });

  test("with the same content leaves nothing behind but the link", () => {
    put(roots.homePath("CLAUDE.md"), "same");
    roots.pass();
    replaceInTree("CLAUDE.md", "same", 1_000);
    roots.pass();
    expectLinked("CLAUDE.md");
    expect(quarantined()).toEqual([]);
  });

  test("is written through a link of claude home into a dotfiles repository (trap 34)", () => {
    put(join(roots.base, "dotfiles/CLAUDE.md"), "old");
    mkdirSync(roots.home.root);
    symlinkSync("../dotfiles/CLAUDE.md", roots.homePath("CLAUDE.md"));
    roots.pass();
    replaceInTree("CLAUDE.md", "new", 2_000_000_000);
    roots.pass();
    expect(kind(roots.homePath("CLAUDE.md"))).toBe("-> ../dotfiles/CLAUDE.md");
    expect(text(join(roots.base, "dotfiles/CLAUDE.md"))).toBe("new");
    expectLinked("CLAUDE.md");
  });

  test("fills a link of claude home that leads nowhere", () => {
    mkdirSync(roots.home.root);
    mkdirSync(join(roots.base, "dotfiles"));
    symlinkSync("../dotfiles/CLAUDE.md", roots.homePath("CLAUDE.md"));
    roots.pass();
    replaceInTree("CLAUDE.md", "new", 1_000);
    roots.pass();
    expect(text(join(roots.base, "dotfiles/CLAUDE.md"))).toBe("new");
    expectLinked("CLAUDE.md");
  });

  test("goes to quarantine where claude home has a directory of that name", () => {
    roots.pass();
    rmSync(roots.treePath("todos"));
    put(roots.treePath("todos"), "a file");
    roots.pass();
    expectLinked("todos");
    expect(quarantined()).toEqual(["a file"]);
  });
});

describe("what Claude Code made in the tree", () => {
  test("a file goes to claude home at once, and whoever has it open goes on writing to it", () => {
    roots.pass();
    put(roots.treePath("keybindings.json"), "{}");
    const inode = statSync(roots.treePath("keybindings.json")).ino;
    roots.pass({ idle: false });
    expectLinked("keybindings.json");
    expect(statSync(roots.homePath("keybindings.json")).ino).toBe(inode);
  });

  test("a file that was adopted but not yet linked when we were killed becomes the link", () => {
    roots.pass();
    put(roots.treePath("keybindings.json"), "{}");
    linkSync(roots.treePath("keybindings.json"), roots.homePath("keybindings.json"));
    roots.pass({ idle: false });
    expectLinked("keybindings.json");
    expect(text(roots.homePath("keybindings.json"))).toBe("{}");
  });

  test("a directory waits for the tree to be idle, then moves whole", () => {
    roots.pass();
    put(roots.treePath("debug/a.txt"), "trace");
    expect(roots.pass({ idle: false }).deferred).toEqual(["debug"]);
    expect(kind(roots.treePath("debug"))).toBe("dir");
    roots.pass();
    expectLinked("debug");
    expect(text(roots.homePath("debug/a.txt"))).toBe("trace");
  });

  test("a directory that claude home has too is merged file by file, nothing replaced unseen", () => {
    put(roots.homePath("debug/same.txt"), "same");
    put(roots.homePath("debug/both.txt"), "home's");
    put(roots.homePath("debug/deep/only-home.txt"), "h");
    utimesSync(roots.homePath("debug/both.txt"), 1_000, 1_000);
    put(roots.treePath("debug/same.txt"), "same");
    put(roots.treePath("debug/both.txt"), "tree's");
    put(roots.treePath("debug/deep/only-tree.txt"), "t");
    put(roots.treePath("debug/new/x.txt"), "x");
    roots.pass();
    expectLinked("debug");
    expect(everyContent(roots.homePath("debug")).sort()).toEqual(["h", "same", "t", "tree's", "x"]);
    expect(quarantined()).toEqual(["home's"]);
  });

  test("a directory is merged whatever the size of what differs", () => {
    const long = 65 * 1024 * 1024;
    const names = ["projects/p/log.txt", "projects/p/s.jsonl"];
    for (const [side, age] of [
      [roots.homePath, 2],
      [roots.treePath, 1],
    ] as const) {
      for (const name of names) {
        put(side(name), "");
        truncateSync(side(name), long);
        appendFileSync(side(name), `\nof ${side === roots.homePath ? "home" : "the tree"}\n`);
        const then = Date.now() / 1000 - age * 60;
        utimesSync(side(name), then, then);
      }
    }
    expect(roots.pass().skipped).toEqual([]);
    expectLinked("projects");
    const [log = "", s = ""] = names.map((name) => endOf(roots.homePath(name), long));
    expect({ log, s }).toEqual({ log: "\nof the tree\n", s: "\nof home\nof the tree\n" });
    const kept = readdirSync(roots.paths.backups);
    expect(kept).toEqual([expect.stringMatching(/Z-projects\+p\+log\.txt$/)]);
    expect(endOf(join(roots.paths.backups, kept[0] ?? ""), long)).toBe("\nof home\n");
    expect(lstatSync(join(roots.paths.backups, kept[0] ?? "")).mode & 0o777).toBe(0o600);
  });

  test("links inside a directory are carried as links and never followed", () => {
    put(join(roots.base, "precious/file"), "precious");
    mkdirSync(roots.homePath("debug"), { recursive: true });
    mkdirSync(roots.treePath("debug"), { recursive: true });
    symlinkSync(join(roots.base, "precious"), roots.treePath("debug/latest"));
    symlinkSync("elsewhere", roots.treePath("debug/conflict"));
    symlinkSync("home-has-this", roots.homePath("debug/conflict"));
    roots.pass();
    expectLinked("debug");
    expect(kind(roots.homePath("debug/latest"))).toBe(`-> ${join(roots.base, "precious")}`);
    expect(text(join(roots.base, "precious/file"))).toBe("precious");
    expect(kind(roots.homePath("debug/conflict"))).toBe("-> home-has-this");
    expect(quarantined()).toEqual(["elsewhere\n"]);
  });

  test("a FIFO keeps its directory in the tree, is named, and loses nobody else (trap 33)", () => {
    mkdirSync(roots.homePath("debug"), { recursive: true });
    put(roots.treePath("debug/a.txt"), "a");
    execFileSync("mkfifo", [roots.treePath("debug/pipe")]);
    const applied = roots.pass();
    expect(applied.skipped.map((entry) => entry.name)).toEqual(["debug/pipe"]);
    expect(kind(roots.treePath("debug/pipe"))).toBe("other");
    expect(text(roots.homePath("debug/a.txt"))).toBe("a");
  });
});

describe("links", () => {
  test("of a vanished entry are pruned when idle; others' links stay (trap 30)", () => {
    put(roots.homePath("notes.md"), "n");
    roots.pass();
    rmSync(roots.homePath("notes.md"));
    symlinkSync("/somewhere/else", roots.treePath("foreign"));
    expect(roots.pass({ idle: false }).deferred).toEqual(["notes.md"]);
    roots.pass();
    expect(kind(roots.treePath("notes.md"))).toBe("nothing");
    expect(kind(roots.treePath("foreign"))).toBe("-> /somewhere/else");
  });

  test("of a claude home that moved are turned to the new one", () => {
    roots.pass();
    const manifest = JSON.parse(text(join(roots.paths.base, "manifest.json")));
    writeFileSync(
      join(roots.paths.base, "manifest.json"),
      JSON.stringify({ ...manifest, home: { ...manifest.home, path: "/old/home/.claude" } }),
    );
    rmSync(roots.treePath("projects"));
    symlinkSync("/old/home/.claude/projects", roots.treePath("projects"));
    roots.pass();
    expectLinked("projects");
  });

  test("of a foreign tree to daemon, backups and the like are taken away when idle (Rust clauth)", () => {
    put(roots.homePath("backups/.claude.json.backup.1"), "account");
    mkdirSync(roots.paths.runtime);
    symlinkSync(roots.homePath("backups"), roots.treePath("backups"));
    symlinkSync(roots.homePath("settings.json"), roots.treePath("settings.json"));
    roots.pass();
    expect(kind(roots.treePath("backups"))).toBe("nothing");
    expect(kind(roots.treePath("settings.json"))).toStartWith("-> ");
  });

  test("in a loop, leading nowhere or to a FIFO neither hang nor stop anything", () => {
    mkdirSync(roots.home.root);
    symlinkSync("loop-b", roots.homePath("loop-a"));
    symlinkSync("loop-a", roots.homePath("loop-b"));
    symlinkSync("/nowhere", roots.homePath("dangling"));
    execFileSync("mkfifo", [roots.homePath("pipe")]);
    const applied = roots.pass();
    expect(applied.skipped).toEqual([]);
    expectLinked("loop-a");
    expectLinked("dangling");
    expect(kind(roots.treePath("pipe"))).toBe("nothing");
    expect(roots.plan().steps).toEqual([]);
  });

  test("a claude home that is itself a link into a dotfiles repository is linked as it is spelled", () => {
    put(join(roots.base, "dotfiles/claude/CLAUDE.md"), "mine");
    symlinkSync("dotfiles/claude", roots.home.root);
    roots.pass();
    expectLinked("CLAUDE.md");
    expect(text(roots.treePath("CLAUDE.md"))).toBe("mine");
    expect(kind(roots.home.root)).toBe("-> dotfiles/claude");
  });
});

test("links to the real path of a claude home that is a link are ours too", () => {
  put(join(roots.base, "dotfiles/daemon/control.key"), "secret");
  symlinkSync("dotfiles", roots.home.root);
  mkdirSync(roots.paths.runtime);
  symlinkSync(join(roots.base, "dotfiles/daemon"), roots.treePath("daemon"));
  roots.pass();
  expect(kind(roots.treePath("daemon"))).toBe("nothing");
});

test("a steady start plans nothing and writes nothing", () => {
  put(roots.homePath("CLAUDE.md"), "mine");
  roots.pass();
  const before = statSync(join(roots.paths.base, "manifest.json"), { bigint: true });
  writeFileSync(roots.homePath("history.jsonl"), "a prompt\n");
  expect(roots.plan().steps).toEqual([]);
  roots.pass();
  const after = statSync(join(roots.paths.base, "manifest.json"), { bigint: true });
  expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
});

test("leftovers of a killed process are swept when idle, and nobody else's", () => {
  roots.pass();
  symlinkSync(roots.homePath("CLAUDE.md"), roots.treePath(".link.clauth-1-abc0.tmp"));
  put(roots.treePath("x.tmp"), "not ours");
  roots.pass();
  expect(kind(roots.treePath(".link.clauth-1-abc0.tmp"))).toBe("nothing");
  expect(text(roots.treePath("x.tmp"))).toBe("not ours");
});

describe("one file, one directory, reached by both roots", () => {
  test("claude home that is a link to the tree is refused, and everything stays", () => {
    put(roots.treePath("CLAUDE.md"), "mine");
    put(roots.treePath("projects/p/a.jsonl"), "line");
    symlinkSync(roots.paths.runtime, roots.home.root);
    expect(() => roots.pass()).toThrow(expect.objectContaining({ kind: "tree_is_home" }));
    expect(everyContent(roots.paths.runtime).sort()).toEqual(["line", "mine"]);
  });

  test("entries of claude home that are links into the tree keep what they lead to", () => {
    put(roots.treePath("CLAUDE.md"), "mine");
    put(roots.treePath("skills/x/SKILL.md"), "skill");
    put(roots.treePath("projects/p/a.jsonl"), "line");
    put(roots.homePath("projects/q/b.jsonl"), "other");
    symlinkSync(roots.treePath("CLAUDE.md"), roots.homePath("CLAUDE.md"));
    symlinkSync(roots.treePath("skills"), roots.homePath("skills"));
    symlinkSync(roots.treePath("projects/p"), roots.homePath("projects/p"));
    roots.pass();
    roots.pass();
    expect(text(roots.homePath("CLAUDE.md"))).toBe("mine");
    expect(text(roots.homePath("skills/x/SKILL.md"))).toBe("skill");
    expect(text(roots.homePath("projects/p/a.jsonl"))).toBe("line");
    expect(text(roots.homePath("projects/q/b.jsonl"))).toBe("other");
  });

  test("a link inside a directory of claude home that leads to the tree's file becomes that file", () => {
    put(roots.treePath("skills/a.md"), "skill");
    mkdirSync(roots.homePath("skills"), { recursive: true });
    symlinkSync(roots.treePath("skills/a.md"), roots.homePath("skills/a.md"));
    roots.pass();
    expect(kind(roots.homePath("skills/a.md"))).toBe("file");
    expect(text(roots.treePath("skills/a.md"))).toBe("skill");
    expectLinked("skills");
  });
});
