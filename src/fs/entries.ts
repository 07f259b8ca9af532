import { throwAbsence } from "./linux.ts";
import { DT_UNKNOWN, namesOf } from "./names.ts";

/** What readdir of node:fs gives `withFileTypes`. */
export type Dirent = {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
};

/** Undefined where node:fs has to be asked: for an error, and for a file system that does not tell kinds. */
export function entriesOf(path: string): Dirent[] | undefined {
  const kinds: number[] = [];
  const names = namesOf(path, kinds);
  if (names === undefined) throwAbsence("scandir", path);
  if (names === undefined || kinds.includes(DT_UNKNOWN)) return undefined;
  DirentOfLinux ??= classOfEntries();
  const Entry = DirentOfLinux;
  return names.map((name, index) => new Entry(name, kinds[index] ?? DT_UNKNOWN));
}

let DirentOfLinux: ReturnType<typeof classOfEntries> | undefined;

const DT_DIR = 4;
const DT_REG = 8;
const DT_LNK = 10;

/** A class, so that no method is made for each name anew. It is made for the first of them: no start at rest has any. */
function classOfEntries() {
  return class implements Dirent {
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
  };
}
