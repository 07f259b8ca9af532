import { equalBytes } from "../disk/write-file.ts";

/**
 * Joins two versions of a `.jsonl` that were appended to apart: what they have in common, then home's lines, then the
 * tree's lines that home does not have. Lines are bytes: nothing is parsed, and a half-written last line stays a line.
 * Joining again changes nothing, so that a merge cut short by a kill is not doubled by the next one.
 */
export function keepBothTails(home: Uint8Array, tree: Uint8Array): Uint8Array {
  const missing = findMissing([home], [tree]);
  return missing.length === 0 ? home : Buffer.concat([home, ...linesOf([tree], missing)]);
}

/** A file, piece by piece: all but the last of the same length. */
export type Pieces = Iterable<Uint8Array, void>;

/** The lines of the tree that home does not have. */
export type Missing = {
  /** Where they stand in the tree's version, in bytes, in order. */
  readonly ranges: readonly Range[];
  /** True where home ends within a line. */
  readonly within: boolean;
  /** How many bytes home grows by. */
  readonly length: number;
};

type Range = { readonly from: number; readonly to: number };

/** What has to follow home's version for the lines of both, of files of any size: in memory are a hash per line that is not common. */
export function findMissing(home: Pieces, tree: Pieces): Missing {
  const [ours, theirs] = [lineReader(), lineReader()];
  let common = true;
  for (const [a, b] of abreast(home, tree)) {
    const same: number = common ? commonLength(a, b) : 0;
    ours.skip(a.subarray(0, same));
    ours.read(a.subarray(same));
    theirs.skip(b.subarray(0, same));
    theirs.read(b.subarray(same));
    common &&= same === a.length && same === b.length;
  }
  const present = ours.end();
  const ranges = joined(without(theirs.end(), present));
  if (ranges.length === 0) return { ranges, within: false, length: 0 };
  const within = ours.endsWithin();
  const length = ranges.reduce((sum, { from, to }) => sum + to - from, within ? 1 : 0);
  return { ranges, within, length };
}

/** What is missing, as it is appended. */
export function* linesOf(tree: Pieces, { ranges, within }: Missing): Generator<Uint8Array, void> {
  if (within) yield LINE_FEED;
  let start = 0;
  let next = 0;
  for (const piece of tree) {
    const end = start + piece.length;
    for (let range = ranges[next]; range !== undefined && range.from < end; range = ranges[next]) {
      yield piece.subarray(Math.max(range.from - start, 0), range.to - start);
      if (range.to > end) break;
      next += 1;
    }
    if (next === ranges.length) return;
    start = end;
  }
}

const LINE_FEED = Uint8Array.of(10);

/** The next piece of each; of one that has ended an empty one. */
function* abreast(home: Pieces, tree: Pieces): Generator<[Uint8Array, Uint8Array], void> {
  const [ours, theirs] = [home[Symbol.iterator](), tree[Symbol.iterator]()];
  try {
    for (;;) {
      const [a, b] = [ours.next(), theirs.next()];
      if (a.done === true && b.done === true) return;
      yield [a.value ?? NOTHING, b.value ?? NOTHING];
    }
  } finally {
    ours.return?.();
    theirs.return?.();
  }
}

const NOTHING = new Uint8Array();

function commonLength(a: Uint8Array, b: Uint8Array): number {
  if (equalBytes(a, b)) return a.length;
  const length = Math.min(a.length, b.length);
  let common = 0;
  while (common < length && a[common] === b[common]) common += 1;
  return common;
}

/** A line by the hash of its bytes; the line feed does not count. */
type Line = Range & { readonly key: string };

function lineReader() {
  const found: Line[] = [];
  let hasher = new Bun.CryptoHasher("sha256");
  let from = 0;
  let position = 0;
  function startLine(at: number): void {
    hasher = new Bun.CryptoHasher("sha256");
    from = at;
  }
  return {
    /** Whole lines in here are none that count; the last one may go on. */
    skip(bytes: Uint8Array): void {
      const start = bytes.lastIndexOf(10) + 1;
      if (start > 0) startLine(position + start);
      hasher.update(bytes.subarray(start));
      position += bytes.length;
    },
    read(bytes: Uint8Array): void {
      for (let start = 0; start < bytes.length; ) {
        const feed = bytes.indexOf(10, start);
        const end = feed === -1 ? bytes.length : feed;
        hasher.update(bytes.subarray(start, end));
        start = end + 1;
        if (feed === -1) break;
        found.push({ key: hasher.digest("base64"), from, to: position + start });
        startLine(position + start);
      }
      position += bytes.length;
    },
    /** All lines that count; the last may have no line feed. */
    end: (): readonly Line[] =>
      position > from ? [...found, { key: hasher.copy().digest("base64"), from, to: position }] : found,
    endsWithin: () => position > from,
  };
}

/** A line that stands twice is two lines: as many are left out as the other side has, no more. */
function without(wanted: readonly Line[], present: readonly Line[]): Line[] {
  const counts = new Map<string, number>();
  for (const { key } of present) counts.set(key, (counts.get(key) ?? 0) + 1);
  return wanted.filter(({ key }) => {
    const count = counts.get(key) ?? 0;
    counts.set(key, count - 1);
    return count <= 0;
  });
}

function joined(lines: readonly Range[]): Range[] {
  const ranges: Range[] = [];
  for (const { from, to } of lines) {
    const last = ranges.at(-1);
    if (last?.to === from) ranges[ranges.length - 1] = { from: last.from, to };
    else ranges.push({ from, to });
  }
  return ranges;
}
