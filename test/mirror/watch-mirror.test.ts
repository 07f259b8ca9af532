import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { mirrorPass } from "../../src/mirror/mirror-pass.ts";
import { type WatchOptions, watchMirror } from "../../src/mirror/watch-mirror.ts";
import { waitFor } from "../support/wait-for.ts";
import { everything, put, type TwoSides, text, twoSides } from "./support/two-sides.ts";

setDefaultTimeout(60_000);

const isMirrored = (name: string) => name !== "private" && name !== "private.json";

type Watching = AsyncDisposable & {
  /** What the watch says from now on until it said all of these. */
  readonly said: (...names: readonly string[]) => Promise<string[]>;
  readonly take: () => ReadonlySet<string> | undefined;
};

/** Where a recursive watch stays silent (Wine), another takes its place, and asks for a look at everything first. */
function watching(sides: TwoSides, options: WatchOptions = { whole: false }): Watching {
  const watch = watchMirror(sides.places, isMirrored, () => {}, options);
  const heard = new Set<string>();
  return {
    take: () => watch.takeChanged(),
    said: async (...names) => {
      await waitFor(names.join(", "), () => {
        const changed = watch.takeChanged();
        for (const name of changed ?? (options.whole ? names : [])) heard.add(name);
        return names.every((name) => heard.has(name));
      });
      const all = [...heard].sort();
      heard.clear();
      return all;
    },
    [Symbol.asyncDispose]: async () => watch.close(),
  };
}

for (const whole of [false, true]) {
  describe(whole ? "one watch for a side" : "a watch for each directory", () => {
    test("asks for a look at everything first, then names what changed on either side", async () => {
      using sides = twoSides();
      put(sides.home("projects/p/session.jsonl"), "1\n");
      mkdirSync(sides.tree("todos"));
      await using watch = watching(sides, { whole });
      expect(watch.take()).toBeUndefined();
      appendFileSync(sides.home("projects/p/session.jsonl"), "2\n");
      writeFileSync(sides.tree("todos/1.json"), "{}");
      await watch.said("projects/p/session.jsonl", "todos/1.json");
      expect(watch.take()).toEqual(new Set());
    });

    test("says nothing of what is not mirrored, of locks and of files in flight", async () => {
      using sides = twoSides();
      mkdirSync(sides.home("private"));
      await using watch = watching(sides, { whole });
      watch.take();
      for (const name of ["private/x", "private.json", "x.tmp.12.ab", "history.jsonl.lock", "last"]) {
        writeFileSync(sides.home(name), "x");
      }
      expect(await watch.said("last")).toEqual(["last"]);
    });

    test("follows a directory that is made, filled at once, moved and made again", async () => {
      using sides = twoSides();
      await using watch = watching(sides, { whole });
      watch.take();
      put(sides.tree("skills/a/SKILL.md"), "1");
      await watch.said("skills", ...(whole ? ["skills/a/SKILL.md"] : []));
      appendFileSync(sides.tree("skills/a/SKILL.md"), "2");
      await watch.said("skills/a/SKILL.md");
      renameSync(sides.tree("skills/a"), sides.tree("skills/b"));
      await watch.said("skills/a", "skills/b");
      put(sides.tree("skills/a/SKILL.md"), "another");
      await watch.said("skills/a");
      appendFileSync(sides.tree("skills/a/SKILL.md"), "3");
      appendFileSync(sides.tree("skills/b/SKILL.md"), "3");
      await watch.said("skills/a/SKILL.md", "skills/b/SKILL.md");
    });
  });
}

describe("a watch", () => {
  test("follows a link of claude home, and none that leads in a circle", async () => {
    using sides = twoSides();
    put(join(sides.root, "dotfiles/commands/go.md"), "go");
    symlinkSync(join(sides.root, "dotfiles/commands"), sides.home("commands"));
    symlinkSync(sides.places.home, sides.home("up"));
    await using watch = watching(sides);
    watch.take();
    appendFileSync(join(sides.root, "dotfiles/commands/go.md"), "!");
    expect(await watch.said("commands/go.md")).toEqual(["commands/go.md"]);
  });

  test("that may stand on too few directories asks for looks at everything, and still says what it sees", async () => {
    using sides = twoSides();
    mkdirSync(sides.home("a/b/c"), { recursive: true });
    await using watch = watching(sides, { maxWatches: 4, whole: false });
    expect(watch.take()).toBeUndefined();
    expect(watch.take()).toBeUndefined();
    writeFileSync(sides.home("a/1"), "1");
    await watch.said("a/1");
    expect(watch.take()).toBeUndefined();
  });

  test("that heard more than a queue of the kernel holds asks for a look at everything", async () => {
    using sides = twoSides();
    await using watch = watching(sides);
    watch.take();
    writeFileSync(sides.home("0"), "");
    for (let n = 0; n < 5000; n++) renameSync(sides.home(`${n}`), sides.home(`${n + 1}`));
    await waitFor("a look at everything", () => watch.take() === undefined);
  });

  test("and passes carry every edit, in both directions", async () => {
    using sides = twoSides();
    put(sides.home("projects/p/a.jsonl"), "1\n");
    const watch = watchMirror(sides.places, isMirrored, () => {});
    const tick = () =>
      mirrorPass({ places: sides.places, isMirrored, trusted: true, changed: watch.takeChanged() });
    tick();
    appendFileSync(sides.tree("projects/p/a.jsonl"), "2\n");
    put(sides.tree("projects/new/b.jsonl"), "new\n");
    put(sides.home("plans/deep/er/plan.md"), "plan");
    await waitFor("edits", () => {
      tick();
      return JSON.stringify(everything(sides.places.home)) === JSON.stringify(everything(sides.places.tree));
    });
    expect(text(sides.home("projects/p/a.jsonl"))).toBe("1\n2\n");
    unlinkSync(sides.home("plans/deep/er/plan.md"));
    rmSync(sides.home("projects/new"), { recursive: true });
    await waitFor("removals", () => {
      tick();
      return Object.keys(everything(sides.places.tree)).length === 6;
    });
    watch.close();
  });
});
