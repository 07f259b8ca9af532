import type { Glance } from "../fs/glance.ts";
import { glanceOpenSync, glanceSync, isOpenAtSync } from "../fs/glance-sync.ts";
import { versionSync } from "../fs/version.ts";
import * as fs from "../fs.ts";
import { nodeFs } from "../fs.ts";
import { exchangeNames } from "./exchange.ts";
import { windowsCalls } from "./windows-calls.ts";

/**
 * The one seam over node:fs for all that reads or changes the store, a tree or claude home, narrowed to what they use. All calls
 * are synchronous: on the hot path a promise costs more than the call. Every descriptor that Bun opens is close-on-exec
 * (measured on Bun 1.4.5).
 */
export type Disk = {
  open(path: string, flags: number, mode?: number): number;
  close(descriptor: number): void;
  read(descriptor: number, into: Uint8Array, offset: number): number;
  /** May write less than asked. Without a position it appends to what this descriptor wrote. */
  write(descriptor: number, bytes: Uint8Array, offset: number, position?: number): number;
  truncate(descriptor: number, length: number): void;
  chmodOpen(descriptor: number, mode: number): void;
  syncData(descriptor: number): void;
  syncAll(descriptor: number): void;
  statOpen(descriptor: number): fs.Stats;
  stat(path: string): fs.Stats;
  /** Undefined where nothing is there: an exception costs more than the look. */
  statIfThere(path: string): fs.Stats | undefined;
  lstat(path: string): fs.Stats;
  lstatIfThere(path: string): fs.Stats | undefined;
  /** Kind, mode, owner and size, for a fifth of what the stats cost. Undefined where nothing is there. */
  glance(path: string): Glance | undefined;
  glanceOpen(descriptor: number): Glance;
  /** Whether a path itself is still the file that a descriptor has open. */
  isOpenAt(path: string, descriptor: number): boolean;
  /** As `versionSync` of fs/version.ts. */
  version(path: string, isLink: boolean): string | undefined;
  /** What the others leave out, because no start asks for it, and of which file. A link is not followed. */
  timesOf(path: string): FileTimes;
  readlink(path: string): string;
  /** The path with every link on the way resolved. */
  realpath(path: string): string;
  /** The type matters on Windows alone: a junction is a link to a directory, by an absolute text, that needs no privilege. */
  symlink(text: string, path: string, type?: LinkType): void;
  link(existing: string, created: string): void;
  rename(from: string, to: string): void;
  /** Exchanges two names in one step; false where nothing was exchanged. */
  exchange(a: string, b: string): boolean;
  unlink(path: string): void;
  chmod(path: string, mode: number): void;
  /** Makes those above it too; content with one that is there. */
  makeDirectory(path: string, mode: number): void;
  /** Fails where anything of that name is there. */
  makeNewDirectory(path: string, mode: number): void;
  removeEmptyDirectory(path: string): void;
  list(path: string): string[];
  listEntries(path: string): fs.Dirent[];
  /** Fails where the new name is taken. */
  copyNewFile(from: string, to: string): void;
  setTimes(path: string, times: { readonly atime: Date; readonly mtime: Date }): void;
  setTimesOpen(descriptor: number, times: { readonly atime: Date; readonly mtime: Date }): void;
  /** The magic number of the file system that holds the path, as statfs(2) gives it; on Windows what GetDriveTypeW says. */
  fileSystemType(path: string): bigint;
};

export type FileTimes = {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly atime: Date;
  readonly mtime: Date;
  readonly birthtimeNs: bigint;
};

export type LinkType = "junction";

export const disk: Disk = {
  open: (path, flags, mode) =>
    flags & fs.constants.O_CREAT
      ? withOwnerBits(() => fs.openSync(path, flags, mode))
      : fs.openSync(path, flags, mode),
  close: fs.closeSync,
  read: (descriptor, into, offset) => fs.readSync(descriptor, into, offset, into.length - offset, null),
  write: (descriptor, bytes, offset, position) =>
    fs.writeSync(descriptor, bytes, offset, bytes.length - offset, position ?? null),
  truncate: fs.ftruncateSync,
  chmodOpen: (descriptor, mode) => nodeFs().fchmodSync(descriptor, mode),
  syncData: (descriptor) => nodeFs().fdatasyncSync(descriptor),
  syncAll: (descriptor) => nodeFs().fsyncSync(descriptor),
  statOpen: fs.fstatSync,
  stat: (path) => fs.statSync(path),
  statIfThere: (path) => fs.statSync(path, { throwIfNoEntry: false }),
  lstat: (path) => fs.lstatSync(path),
  lstatIfThere: (path) => fs.lstatSync(path, { throwIfNoEntry: false }),
  glance: glanceSync,
  glanceOpen: glanceOpenSync,
  isOpenAt: isOpenAtSync,
  version: versionSync,
  timesOf: (path) => nodeFs().lstatSync(path, { bigint: true }),
  readlink: fs.readlinkSync,
  realpath: fs.realpathSync,
  symlink: (text, path, type) => nodeFs().symlinkSync(text, path, type),
  link: (existing, created) => nodeFs().linkSync(existing, created),
  rename: (from, to) => nodeFs().renameSync(from, to),
  exchange: exchangeNames,
  unlink: fs.unlinkSync,
  chmod: (path, mode) => nodeFs().chmodSync(path, mode),
  makeDirectory: (path, mode) =>
    withOwnerBits(() => void nodeFs().mkdirSync(path, { recursive: true, mode })),
  makeNewDirectory: (path, mode) => withOwnerBits(() => nodeFs().mkdirSync(path, { mode })),
  removeEmptyDirectory: (path) => nodeFs().rmdirSync(path),
  list: fs.readdirSync,
  listEntries: fs.readdirEntriesSync,
  copyNewFile: (from, to) => withOwnerBits(() => nodeFs().copyFileSync(from, to, fs.constants.COPYFILE_EXCL)),
  setTimes: (path, { atime, mtime }) => nodeFs().utimesSync(path, atime, mtime),
  setTimesOpen: (descriptor, { atime, mtime }) => nodeFs().futimesSync(descriptor, atime, mtime),
  fileSystemType: (path) => nodeFs().statfsSync(path, { bigint: true }).type,
  ...(process.platform === "win32" && windowsCalls),
};

/**
 * Makes something while the umask leaves its owner every bit of the mode: under 0777 not even a second level of directories
 * could be made, and a later start could not open a thing. Put back at once: claude inherits the caller's.
 */
function withOwnerBits<T>(make: () => T): T {
  umask ??= process.umask();
  if ((umask & 0o700) === 0) return make();
  process.umask(umask & 0o077);
  try {
    return make();
  } finally {
    process.umask(umask);
  }
}

/** Asked for once: nobody else here changes it. */
let umask: number | undefined;

/** Closes a descriptor to which nothing was written: whatever close(2) answers, Linux has freed it and nothing can be lost. */
export function letGo(descriptor: number): void {
  try {
    disk.close(descriptor);
  } catch {}
}

/** For tests: runs `body` with some of the calls replaced, then puts the real ones back. `body` must be synchronous. */
export function testOnlyWithFaults<T>(faults: (real: Disk) => Partial<Disk>, body: () => T): T {
  using _ = testOnlyFaults(faults);
  return body();
}

/** For tests: replaces some of the calls until it is disposed of. */
export function testOnlyFaults(faults: (real: Disk) => Partial<Disk>): Disposable {
  const real = { ...disk };
  Object.assign(disk, faults(real));
  return { [Symbol.dispose]: () => void Object.assign(disk, real) };
}
