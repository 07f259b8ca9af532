/**
 * Joins two versions of a `.jsonl` that were appended to apart: what they have in common, then home's lines, then the
 * tree's lines that home does not have. Lines are bytes: nothing is parsed, and a half-written last line stays a line.
 * Joining again changes nothing, so that a merge cut short by a kill is not doubled by the next one.
 */
export function keepBothTails(home: Uint8Array, tree: Uint8Array): Uint8Array {
  const common = commonLines(home, tree);
  const added = withoutLinesOf(lines(tree.subarray(common)), lines(home.subarray(common)));
  if (added.length === 0) return home;
  return Buffer.concat([home, ...(endsLine(home) ? [] : [LINE_FEED]), ...added]);
}

const LINE_FEED = Uint8Array.of(10);

/** How many bytes of whole lines both begin with. */
function commonLines(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  let common = 0;
  for (let index = 0; index < length && a[index] === b[index]; index++) {
    if (a[index] === 10) common = index + 1;
  }
  return common;
}

/** Each line with its line feed; only the last may have none. */
function lines(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start);
    const next = end === -1 ? bytes.length : end + 1;
    found.push(bytes.subarray(start, next));
    start = next;
  }
  return found;
}

/** A line that stands twice is two lines: as many are left out as the other side has, no more. */
function withoutLinesOf(wanted: readonly Uint8Array[], present: readonly Uint8Array[]): Uint8Array[] {
  const counts = new Map<string, number>();
  for (const line of present) counts.set(keyOf(line), (counts.get(keyOf(line)) ?? 0) + 1);
  return wanted.filter((line) => {
    const count = counts.get(keyOf(line)) ?? 0;
    counts.set(keyOf(line), count - 1);
    return count <= 0;
  });
}

/** Bytes as a string one to one, so that bytes that are not UTF-8 are compared too; the line feed does not count. */
function keyOf(line: Uint8Array): string {
  return Buffer.from(endsLine(line) ? line.subarray(0, -1) : line).toString("latin1");
}

function endsLine(bytes: Uint8Array): boolean {
  return bytes.length === 0 || bytes[bytes.length - 1] === 10;
}
