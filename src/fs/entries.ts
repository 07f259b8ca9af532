import {
  AT_FDCWD,
  answer,
  answerAt,
  CALLS,
  closeSync,
  constants,
  halves,
  inC,
  latin1,
  O_CLOEXEC,
  systemCall,
  throwAbsence,
  utf8,
} from "./linux.ts";

/** What readdir of node:fs gives `withFileTypes`. */
export type Dirent = {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
};

/** Undefined where node:fs has to be asked: for an error, and for a file system that does not tell kinds. */
export function entriesOf(path: string): Dirent[] | undefined {
  const descriptor = systemCall(CALLS.openat, AT_FDCWD, inC(path), constants.O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    throwAbsence("scandir", path);
    return undefined;
  }
  try {
    const entries: Dirent[] = [];
    for (;;) {
      const count = systemCall(CALLS.getdents64, descriptor, answerAt, answer.length);
      if (count === 0) return entries;
      if (count < 0 || !readEntries(count, entries)) return undefined;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** One after the other: inode and offset (8 bytes each), length (2), kind (1), name and NUL (getdents(2)). */
function readEntries(count: number, entries: Dirent[]): boolean {
  const text = latin1.decode(answer.subarray(0, count));
  for (let at = 0; at < count; at += halves[(at + 16) / 2] ?? count) {
    const end = text.indexOf("\0", at + 19);
    const name = text.slice(at + 19, end);
    if (name === "." || name === "..") continue;
    const kind = answer[at + 18] ?? DT_UNKNOWN;
    if (kind === DT_UNKNOWN) return false;
    entries.push(
      new DirentOfLinux(FOREIGN.test(name) ? utf8.decode(answer.subarray(at + 19, end)) : name, kind),
    );
  }
  return true;
}

const FOREIGN = /[^\0-\x7f]/;
const DT_UNKNOWN = 0;
const DT_DIR = 4;
const DT_REG = 8;
const DT_LNK = 10;

class DirentOfLinux implements Dirent {
  readonly name: string;
  readonly kind: number;

  constructor(name: string, kind: number) {
    this.name = name;
    this.kind = kind;
  }
  isFile(): boolean {
    return this.kind === DT_REG;
  }
  isDirectory(): boolean {
    return this.kind === DT_DIR;
  }
  isSymbolicLink(): boolean {
    return this.kind === DT_LNK;
  }
}
