import {
  AT_FDCWD,
  answer,
  answerAt,
  CALLS,
  closeSync,
  constants,
  inC,
  isAscii,
  latin1,
  O_CLOEXEC,
  systemCall,
  utf8,
} from "./linux.ts";

/**
 * The names in a directory. Undefined where it can't be read: `absence` says whether because nothing is there.
 * @param kinds takes the kind of each
 */
export function namesOf(path: string, kinds: number[] = []): string[] | undefined {
  const descriptor = systemCall(CALLS.openat, AT_FDCWD, inC(path), constants.O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return undefined;
  const names: string[] = [];
  let count = 1;
  while (count > 0) {
    count = systemCall(CALLS.getdents64, descriptor, answerAt, answer.length);
    if (count > 0) readEntries(count, names, kinds);
  }
  closeSync(descriptor);
  return count === 0 ? names : undefined;
}

/** One after the other: inode and offset (8 bytes each), length (2), kind (1), name and NUL (getdents(2)). */
function readEntries(count: number, names: string[], kinds: number[]): void {
  const text = latin1.decode(answer.subarray(0, count));
  for (let at = 0; at < count; at += lengthAt(at + 16)) {
    const end = text.indexOf("\0", at + 19);
    const name = text.slice(at + 19, end);
    if (name === "." || name === "..") continue;
    names.push(isAscii(name) ? name : utf8.decode(answer.subarray(at + 19, end)));
    kinds.push(answer[at + 18] ?? DT_UNKNOWN);
  }
}

/** 16 bits, the lower ones first. */
function lengthAt(at: number): number {
  return (answer[at] ?? 0) + (answer[at + 1] ?? 0) * 0x100;
}

/** What a file system says that does not tell kinds. */
export const DT_UNKNOWN = 0;
