import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { testOnlyFaults, testOnlyWithFaults } from "../../src/disk/disk.ts";
import { waitFor } from "../support/wait-for.ts";
import { everything, put, quarantined, type TwoSides, text, twoSides } from "./support/two-sides.ts";

setDefaultTimeout(60_000);

/** A process that appends to a file: a write for each line, or half a line and then the rest of it. */
function appender(path: string, by: string, lines: number): Bun.Subprocess {
  const program = `
    const { appendFileSync } = require("node:fs");
    for (let n = 0; n < ${lines}; n++) {
      appendFileSync(${JSON.stringify(path)}, '{"by":"${by}",');
      appendFileSync(${JSON.stringify(path)}, '"n":' + n + '}\\n');
    }`;
  return Bun.spawn([process.execPath, "-e", program], { stdout: "inherit", stderr: "inherit" });
}

async function passesUntilQuiet(sides: TwoSides, writers: readonly Bun.Subprocess[]): Promise<void> {
  let open = writers.length;
  for (const writer of writers) writer.exited.then(() => (open -= 1));
  await waitFor("a pass with nothing to do after the last writer", () => {
    const all = open === 0;
    return sides.pass().done.length === 0 && all;
  });
}

function linesBy(path: string, by: string): string[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.includes(`"by":"${by}"`));
}

/** Appends a line to a file that was opened right before it was replaced. */
function appendingAsReplaced(path: string, line: string): Disposable {
  let descriptor: number | undefined;
  let written = false;
  testOnlyArmCheckpoints((name) => {
    if (name === "copy-written") descriptor ??= openSync(path, "a");
    if (name !== "copy-published" || descriptor === undefined || written) return;
    written = true;
    writeSync(descriptor, line);
  });
  return {
    [Symbol.dispose]: () => {
      testOnlyArmCheckpoints(undefined);
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}

describe("a log that is replaced while somebody has it open", () => {
  test("is not, until he closes it: what he appends meanwhile is in claude home", () => {
    using sides = twoSides();
    put(sides.home("s.jsonl"), "1\n");
    sides.pass();
    const holder = openSync(sides.tree("s.jsonl"), "a");
    appendFileSync(sides.home("s.jsonl"), "home\n");
    for (const line of ["2\n", "3\n", "4\n"]) {
      writeSync(holder, line);
      expect([...(sides.pass().left ?? [])]).toEqual(["s.jsonl"]);
    }
    expect(text(sides.home("s.jsonl"))).toBe("1\nhome\n2\n3\n4\n");
    expect(text(sides.tree("s.jsonl"))).toBe("1\n2\n3\n4\n");
    closeSync(holder);
    expect(sides.pass().skipped).toEqual([]);
    expect(text(sides.tree("s.jsonl"))).toBe(text(sides.home("s.jsonl")));
    expect(quarantined(sides)).toEqual({});
  });

  test("keeps what comes to the old file behind our backs, where both sides were appended to", () => {
    using sides = twoSides();
    put(sides.home("s.jsonl"), "1\n");
    sides.pass();
    put(sides.home("s.jsonl"), "1\nhome\n", 5);
    put(sides.tree("s.jsonl"), "1\ntree\n", 5);
    {
      using _ = appendingAsReplaced(sides.tree("s.jsonl"), "late\n");
      expect([...(sides.pass().left ?? [])]).toEqual(["s.jsonl"]);
    }
    sides.pass();
    expect(text(sides.home("s.jsonl"))).toBe("1\nhome\ntree\nlate\n");
    expect(text(sides.tree("s.jsonl"))).toBe(text(sides.home("s.jsonl")));
  });

  test("and where the other side wrote it anew", () => {
    using sides = twoSides();
    put(sides.home("s.jsonl"), "1\n2\n");
    sides.pass();
    put(sides.tree("s.jsonl"), "2\n", 5);
    {
      using _ = appendingAsReplaced(sides.home("s.jsonl"), "late\n");
      sides.pass();
    }
    sides.pass();
    expect(text(sides.tree("s.jsonl"))).toBe("2\nlate\n");
    expect(text(sides.home("s.jsonl"))).toBe("2\nlate\n");
  });
});

test("a log of any size is joined piece by piece, and looked at no more once it is", () => {
  using sides = twoSides();
  const lines = Array.from({ length: 60_000 }, (_, n) => `{"line":${n},"text":"${"x".repeat(20)}"}\n`).join(
    "",
  );
  put(sides.home("s.jsonl"), lines);
  sides.pass();
  put(sides.home("s.jsonl"), `${lines}home\n`, 5);
  put(sides.tree("s.jsonl"), `${lines}tree\n`, 5);
  let most = 0;
  let reads = 0;
  using _ = testOnlyFaults((real) => ({
    read: (descriptor, into, offset) => {
      most = Math.max(most, into.length);
      reads += 1;
      return real.read(descriptor, into, offset);
    },
  }));
  expect(sides.pass().done.map((step) => step.do)).toEqual(["join", "join"]);
  expect(text(sides.home("s.jsonl"))).toBe(`${lines}home\ntree\n`);
  expect(text(sides.tree("s.jsonl"))).toBe(text(sides.home("s.jsonl")));
  expect(most).toBeLessThanOrEqual(256 * 1024);
  reads = 0;
  expect(sides.pass().done).toEqual([]);
  expect(reads).toBe(0);
});

describe("a file that grows while it is copied", () => {
  test("comes over whole, every line once and in order", async () => {
    using sides = twoSides();
    put(sides.tree("projects/p/s.jsonl"), "");
    await passesUntilQuiet(sides, [appender(sides.tree("projects/p/s.jsonl"), "tree", 3000)]);
    expect(linesBy(sides.home("projects/p/s.jsonl"), "tree")).toHaveLength(3000);
    expect(text(sides.home("projects/p/s.jsonl"))).toBe(text(sides.tree("projects/p/s.jsonl")));
    expect(quarantined(sides)).toEqual({});
  });

  test("is not taken for agreed by more than was read", () => {
    using sides = twoSides();
    put(sides.tree("log.txt"), "first");
    sides.pass();
    // Written to between the read and the last look at it, within one tick of the clock.
    const grow = () => appendFileSync(sides.tree("log.txt"), ", third");
    appendFileSync(sides.tree("log.txt"), ", second");
    testOnlyWithFaults(
      (real) => ({
        read: (descriptor, into, offset) => {
          const count = real.read(descriptor, into, offset);
          if (count === 0) grow();
          return count;
        },
      }),
      () => expect(sides.pass().again).toBe(1000),
    );
    expect(text(sides.home("log.txt"))).toBe("first, second");
    sides.pass();
    expect(text(sides.home("log.txt"))).toBe(text(sides.tree("log.txt")));
  });

  test("and is large comes over by what it grew, and only while it begins as it did", () => {
    using sides = twoSides();
    put(sides.tree("debug/log.txt"), "x".repeat(6_000_000));
    sides.pass();
    const before = statSync(sides.home("debug/log.txt")).ino;
    appendFileSync(sides.tree("debug/log.txt"), "tail");
    expect(sides.pass().done).toEqual([{ do: "append", name: "debug/log.txt", to: "home" }]);
    expect(statSync(sides.home("debug/log.txt")).ino).toBe(before);
    const descriptor = openSync(sides.tree("debug/log.txt"), "r+");
    writeSync(descriptor, "y", 3);
    closeSync(descriptor);
    appendFileSync(sides.tree("debug/log.txt"), "more");
    expect(sides.pass().done).toEqual([{ do: "carry", name: "debug/log.txt", to: "home" }]);
    expect(text(sides.home("debug/log.txt"))).toBe(text(sides.tree("debug/log.txt")));
  });

  test("on both sides by whoever has it open keeps every line of both", async () => {
    using sides = twoSides();
    put(sides.home("history.jsonl"), '{"by":"nobody"}\n');
    sides.pass();
    await passesUntilQuiet(sides, [appender(sides.tree("history.jsonl"), "tree", 300)]);
    const open = openSync(sides.home("history.jsonl"), "a");
    for (let n = 0; n < 50; n++) {
      writeSync(open, `{"by":"home","n":${n}}\n`);
      appendFileSync(sides.tree("history.jsonl"), `{"by":"tree","n":${1000 + n}}\n`);
      sides.pass();
    }
    closeSync(open);
    sides.pass();
    expect(linesBy(sides.home("history.jsonl"), "home")).toHaveLength(50);
    expect(linesBy(sides.home("history.jsonl"), "tree")).toHaveLength(350);
    expect(everything(sides.places.tree)).toEqual(everything(sides.places.home));
  });

  test("that a full disk cut short is completed, not taken for a change of that side", () => {
    using sides = twoSides();
    put(sides.tree("s.jsonl"), "1\n");
    sides.pass();
    appendFileSync(sides.tree("s.jsonl"), "second line\n");
    testOnlyWithFaults(
      (real) => ({
        write: (descriptor, bytes, offset) => {
          if (offset > 0) throw Object.assign(new Error("full"), { code: "ENOSPC" });
          return real.write(descriptor, bytes.subarray(0, 4), offset);
        },
      }),
      () => expect(sides.pass().skipped).toHaveLength(1),
    );
    expect(text(sides.home("s.jsonl"))).toBe("1\nseco");
    sides.pass();
    expect(text(sides.home("s.jsonl"))).toBe("1\nsecond line\n");
    expect(text(sides.tree("s.jsonl"))).toBe("1\nsecond line\n");
    expect(quarantined(sides)).toEqual({});
  });
});

test("a file written in the same tick of the clock as it was read is read again", () => {
  using sides = twoSides();
  const now = Math.floor(Date.now() / 1000);
  put(sides.home("a"), "one");
  utimesSync(sides.home("a"), now, now);
  sides.pass();
  writeFileSync(sides.home("a"), "two");
  utimesSync(sides.home("a"), now, now);
  sides.pass();
  expect(text(sides.tree("a"))).toBe("two");
});
