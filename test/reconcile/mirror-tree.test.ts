import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Disk, testOnlyFaults } from "../../src/disk/disk.ts";
import { distrustMirror, mirrorHalted } from "../../src/reconcile/base.ts";
import { livePass } from "../../src/reconcile/live-pass.ts";
import { mirrorTree } from "../../src/reconcile/mirror-tree.ts";
import type { Isolation } from "../../src/tree/entries.ts";
import { systemError } from "../support/faults.ts";
import { createProfileHome, type ProfileHome, put } from "./support/profile-home.ts";

/** A tree of copies that has been looked at since its manifest was made. */
async function copied(): Promise<ProfileHome> {
  const box = createProfileHome({}, "copy");
  for (let file = 0; file < 40; file++) put(home(box, `agents/${file}.md`), `agent ${file}`);
  await box.final();
  await box.final();
  expect(existsSync(tree(box, "agents/39.md"))).toBe(true);
  return box;
}

function home({ places }: ProfileHome, name: string): string {
  return join(places.claude.root, name);
}

function tree({ places }: ProfileHome, name: string): string {
  return join(places.paths.runtime, name);
}

describe("a tree of copies", () => {
  test("carries what was removed while nothing ran", async () => {
    using box = await copied();
    rmSync(home(box, "agents/1.md"));
    rmSync(tree(box, "agents/2.md"));
    await box.final();
    expect([tree(box, "agents/1.md"), home(box, "agents/2.md")].filter(existsSync)).toEqual([]);
  });

  test("unites both sides where it is not the tree that it was (a restored backup)", async () => {
    using box = await copied();
    rmSync(home(box, "agents/1.md"));
    put(box.places.treeToken, "of another tree");
    await box.final();
    expect(readFileSync(home(box, "agents/1.md"), "utf8")).toBe("agent 1");
  });

  test("waits for the user where too much is gone, says so, and gives it back when asked to", async () => {
    using box = await copied();
    rmSync(home(box, "agents"), { recursive: true });
    mkdirSync(home(box, "agents"));
    const { notes } = await box.final();
    expect(notes.join()).toContain("40 of 41 files are missing");
    expect(mirrorHalted(box.places)).toContain("40 of 41 files are missing");
    put(home(box, "CLAUDE.md"), "goes on");
    await box.final();
    expect(readFileSync(tree(box, "CLAUDE.md"), "utf8")).toBe("goes on");
    expect(existsSync(home(box, "agents/1.md"))).toBe(false);

    distrustMirror(box.places);
    expect((await box.final()).notes).toEqual([]);
    expect(readFileSync(home(box, "agents/1.md"), "utf8")).toBe("agent 1");
    expect(mirrorHalted(box.places)).toBeUndefined();
  });

  test("removes what is gone, however much, where the user says so, and keeps it in quarantine", async () => {
    using box = await copied();
    rmSync(home(box, "agents"), { recursive: true });
    mkdirSync(home(box, "agents"));
    expect((await box.final()).notes.join()).toContain("to remove them: clauth sync work --removals");
    expect(existsSync(tree(box, "agents/1.md"))).toBe(true);
    const outcome = await livePass(box.reconciled, {
      moment: "final",
      quiet: () => true,
      removals: "confirmed",
    });
    expect(outcome.notes).toEqual([]);
    expect(readdirSync(tree(box, "agents"))).toEqual([]);
    expect(readdirSync(box.places.paths.backups)).toHaveLength(40);
    expect(mirrorHalted(box.places)).toBeUndefined();
  });

  test("drops what is isolated as soon as nothing lives in it, whoever isolated it while something did", async () => {
    using box = await copied();
    const pass = (isolate: Isolation, idle: boolean) =>
      mirrorTree(
        { ...box.places, mode: "copy" },
        { isolate, idle, changed: undefined, waitMs: 0, say: () => {} },
      );
    put(tree(box, "agents/own.md"), "not at home yet");
    pass(["plans"], false);
    pass(["agents"], false);
    pass(["agents"], false);
    expect(existsSync(tree(box, "agents/1.md"))).toBe(true);
    put(tree(box, "agents/own.md"), "the profile's own by now");
    pass(["agents"], true);
    expect(readdirSync(tree(box, "agents"))).toEqual(["own.md"]);
    expect(readFileSync(home(box, "agents/1.md"), "utf8")).toBe("agent 1");
    pass([], true);
    expect(existsSync(tree(box, "agents/1.md"))).toBe(true);
  });

  test("says at the end what could not be carried, and why", async () => {
    using box = await copied();
    put(tree(box, "agents/new.md"), "new");
    {
      using _ = testOnlyFaults(readOnlyBelow(home(box, "agents")));
      const { notes } = await box.final();
      expect(notes).toEqual([expect.stringContaining("could not carry agents/new.md: ")]);
      expect(notes.join()).toContain("the next start tries again");
    }
    expect((await box.final()).notes).toEqual([]);
    expect(readFileSync(home(box, "agents/new.md"), "utf8")).toBe("new");
  });
});

function readOnlyBelow(directory: string) {
  const refuse = (path: string) => {
    if (path.startsWith(directory)) throw systemError("EROFS");
  };
  return (real: Disk): Partial<Disk> => ({
    link: (from, to) => {
      refuse(to);
      real.link(from, to);
    },
    open: (path, flags, mode) => {
      if (mode !== undefined) refuse(path);
      return real.open(path, flags, mode);
    },
    rename: (from, to) => {
      refuse(to);
      real.rename(from, to);
    },
    copyNewFile: (from, to) => {
      refuse(to);
      real.copyNewFile(from, to);
    },
  });
}
