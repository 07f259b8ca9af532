import { expect, test } from "bun:test";
import type { FileStat } from "../../src/disk/read-file.ts";
import type { Deletion, Side } from "../../src/merge/three-way.ts";
import { deletionMemory } from "../../src/reconcile/deletion-memory.ts";

const DOCUMENT = "claude.json";

function gone(key: string, missingOn: Side = "tree"): Deletion {
  return { key: [key], missingOn, value: 1, item: false };
}

/** Version number `n` of a file. */
function version(n: number): FileStat {
  return { dev: 1n, ino: BigInt(n), size: 1n, mtimeNs: BigInt(n), ctimeNs: 0n, mode: 0o600, uid: 0 };
}

test("holds a key for as long as the file stays as it was, then carries it", () => {
  const memory = deletionMemory();
  const answers = [1, 1, 2, 3].map((n) => memory.choose(DOCUMENT, gone("a"), version(n)));
  expect(answers).toEqual(["hold", "hold", "carry", "carry"]);
});

test("keeps documents, sides and keys apart", () => {
  const memory = deletionMemory();
  memory.choose(DOCUMENT, gone("a"), version(1));
  expect(memory.choose("settings.json", gone("a"), version(2))).toBe("hold");
  expect(memory.choose(DOCUMENT, gone("a", "home"), version(2))).toBe("hold");
  expect(memory.choose(DOCUMENT, gone("b"), version(2))).toBe("hold");
  expect(memory.choose(DOCUMENT, gone("a"), version(2))).toBe("carry");
});

test("a version of our own is no later write", () => {
  const memory = deletionMemory();
  memory.choose(DOCUMENT, gone("a"), version(1));
  memory.replaced(DOCUMENT, "tree", version(1), version(2));
  expect(memory.choose(DOCUMENT, gone("a"), version(2))).toBe("hold");
  expect(memory.choose(DOCUMENT, gone("a"), version(3))).toBe("carry");
});

test("a version of our own on the other side, or over a foreign one, says nothing", () => {
  const memory = deletionMemory();
  memory.choose(DOCUMENT, gone("a"), version(1));
  memory.replaced(DOCUMENT, "home", version(1), version(2));
  memory.replaced(DOCUMENT, "tree", version(2), version(3));
  expect(memory.choose(DOCUMENT, gone("a"), version(3))).toBe("carry");
});

test("forgets a key that came back", () => {
  const memory = deletionMemory();
  memory.choose(DOCUMENT, gone("a"), version(1));
  memory.choose(DOCUMENT, gone("b"), version(1));
  memory.keepOnly(DOCUMENT, [gone("b")]);
  expect(memory.choose(DOCUMENT, gone("a"), version(2))).toBe("hold");
  expect(memory.choose(DOCUMENT, gone("b"), version(2))).toBe("carry");
});
