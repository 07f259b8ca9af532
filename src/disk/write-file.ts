import { checkpoint } from "../checkpoint.ts";
import { errnoOf } from "../errors.ts";
import { constants } from "../fs.ts";
import { basename, dirname } from "../path.ts";
import { disk, letGo } from "./disk.ts";
import { concurrentModification, domainError } from "./errno.ts";
import { resolveLinks } from "./links.ts";
import { patiently } from "./patience.ts";
import { type FileContent, readRegularFile } from "./read-file.ts";
import { type Replacement, removeTemporary, replaceJudged } from "./replace-judged.ts";

export type WriteOptions = {
  /** Permission bits of the result, whatever the umask; 0o600 where not given. A looser file is tightened. */
  readonly mode?: number | undefined;
  /** Keeps the mode of a file that is already there; `mode` then holds for a new one alone. */
  readonly keepMode?: boolean;
  /** What the caller read and judged. Anything else found right before the rename stops the write. */
  readonly expect?: FileContent | "absent";
  /** These bytes, written already: the file gets the name where it is synced if it has to be, and nobody touched it since. */
  readonly beforehand?: Beforehand | undefined;
  /** Reaches the disk before the old bytes go: for credentials and state. */
  readonly sync?: boolean;
  /** Told what another program wrote that is at no name any more, before the write fails. */
  readonly displaced?: (content: FileContent) => void;
  /** Told once these bytes stood at the name, even where they were taken away again before the write fails. */
  readonly shown?: () => void;
};

/**
 * Replaces a file so that every reader sees the old bytes or the new ones, even after a kill or a power loss. A chain of
 * symlinks is written through (a dotfiles repository), never replaced.
 * @returns "unchanged" where these bytes were there already
 * @throws ClauthError `concurrent_modification` (retry-safe) where `expect` no longer holds; otherwise as `domainError`
 */
export function writeFileAtomic(
  path: string,
  bytes: Uint8Array,
  options: WriteOptions = {},
): "unchanged" | "written" {
  const target = resolveLinks(path);
  if (options.beforehand !== undefined && isAsLeft(options.beforehand, target, bytes, options)) {
    publish(options.beforehand.temporary, target, options);
    return "written";
  }
  const present = readRegularFile(target);
  if (present !== undefined && equalBytes(present.bytes, bytes)) {
    tightenMode(target, present, options);
    options.shown?.();
    return "unchanged";
  }
  refuseSurprise(target, present, options.expect);
  const wanted = options.mode ?? 0o600;
  const mode = options.keepMode === true ? (present?.stat.mode ?? wanted) : wanted;
  const temporary = temporaryBeside(target);
  try {
    writeNewFile(temporary, [bytes], { mode, sync: options.sync === true });
    checkpoint("temporary-written");
  } catch (cause) {
    removeTemporary(temporary);
    throw domainError(cause, "write", target);
  }
  publish(temporary, target, options);
  return "written";
}

function publish(temporary: string, target: string, options: WriteOptions): void {
  try {
    publishTemporary(temporary, target, judgementOf(target, options.expect), {
      shown: options.shown,
      displaced: (path) => {
        const content = readRegularFile(path);
        if (content !== undefined) options.displaced?.(content);
      },
    });
    options.shown?.();
    checkpoint("published");
    if (options.sync === true) syncDirectory(dirname(target));
  } catch (cause) {
    removeTemporary(temporary);
    throw domainError(cause, "write", target);
  }
}

/** A file in flight that was written before its turn: `writeFileAtomic` has but to give it its name. */
export type Beforehand = {
  readonly target: string;
  readonly temporary: string;
  readonly bytes: Uint8Array;
  /** What the temporary file looked like then, as `disk.version`. */
  readonly version: string | undefined;
  readonly isSynced: boolean;
};

/**
 * Writes what is most likely to be written to a file that somebody judged. Whoever asked for it gives it to `writeFileAtomic`, and
 * forgets it in any case.
 * @throws ClauthError as `domainError`
 */
export function writeBeforehand(
  path: string,
  bytes: Uint8Array,
  { mode = 0o600, sync = false }: Pick<WriteOptions, "mode" | "sync"> = {},
): Beforehand {
  const target = resolveLinks(path);
  const temporary = temporaryBeside(target);
  try {
    writeNewFile(temporary, [bytes], { mode, sync });
    return { target, temporary, bytes, version: disk.version(temporary, true), isSynced: sync };
  } catch (cause) {
    removeTemporary(temporary);
    throw domainError(cause, "write", target);
  }
}

/** Removes it where it got no name. */
export function forgetBeforehand({ temporary }: Beforehand): void {
  if (versionIfAny(temporary) !== undefined) removeTemporary(temporary);
}

/** Nobody knows its name, but a cleaner may have met it. */
function isAsLeft(file: Beforehand, target: string, bytes: Uint8Array, { sync }: WriteOptions): boolean {
  const isWanted = file.target === target && equalBytes(file.bytes, bytes) && (file.isSynced || !sync);
  return isWanted && file.version !== "" && versionIfAny(file.temporary) === file.version;
}

function versionIfAny(path: string): string | undefined {
  try {
    return disk.version(path, true);
  } catch {
    return "";
  }
}

/** The name of a file that `writeFileAtomic` has in flight, or left behind when it was killed. */
export function isTemporaryName(name: string): boolean {
  return /^\..*\.clauth-\d+-[0-9a-z]+\.tmp$/.test(name);
}

/** True for the name of what another process has in flight to a file. */
export function isInFlightTo(target: string, name: string): boolean {
  const begin = beginOfTemporary(target);
  return isTemporaryName(name) && name.startsWith(begin) && !name.startsWith(`${begin}${process.pid}-`);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** A file that became looser than it should be (an editor, a umask) holds the right bytes and is still repaired. */
function tightenMode(target: string, present: FileContent, options: WriteOptions): void {
  const mode = options.mode ?? 0o600;
  if (options.keepMode === true || (present.stat.mode & ~mode) === 0) return;
  try {
    disk.chmod(target, mode);
  } catch (cause) {
    throw domainError(cause, "tighten", target);
  }
}

function refuseSurprise(
  target: string,
  present: FileContent | undefined,
  expect: WriteOptions["expect"],
): void {
  if (expect === undefined) return;
  const holds =
    expect === "absent"
      ? present === undefined
      : present !== undefined && equalBytes(present.bytes, expect.bytes);
  if (!holds) throw concurrentModification(target);
}

/**
 * A name for a file in flight. Short: the whole name must fit 255 bytes, and 40 characters are at most 160 of them.
 */
export function temporaryBeside(target: string): string {
  const random = Math.random().toString(36).slice(2, 12).padEnd(1, "0");
  return `${dirname(target)}/${beginOfTemporary(target)}${process.pid}-${random}.tmp`;
}

function beginOfTemporary(target: string): string {
  return `.${[...basename(target)].slice(0, 40).join("")}.clauth-`;
}

/**
 * Makes a file of pieces, under a temporary name as a rule.
 * @throws system error EEXIST where the name is taken
 */
export function writeNewFile(
  path: string,
  pieces: Iterable<Uint8Array, void>,
  { mode, sync }: { readonly mode: number; readonly sync: boolean },
): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const descriptor = disk.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    for (const piece of pieces) writeAll(descriptor, piece);
    if (mode !== 0o600) disk.chmodOpen(descriptor, mode);
    if (sync) disk.syncData(descriptor);
  } finally {
    disk.close(descriptor);
  }
}

export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += disk.write(descriptor, bytes, done);
}

function judgementOf(target: string, expect: WriteOptions["expect"]): Judgement | undefined {
  if (expect === undefined) return undefined;
  return expect === "absent" ? expect : (path) => refuseSurprise(target, readRegularFile(path), expect);
}

/** What the file at the target has to be: nothing at all, or one that the function finds nothing wrong with; else it throws. */
export type Judgement = "absent" | ((path: string) => void);

/**
 * Gives a finished temporary file the name of its target. A file that must be new can't even be raced. Each try looks anew: a
 * scanner may have been waited for.
 * @throws ClauthError `concurrent_modification` (retry-safe) where the judgement no longer holds; otherwise system errors
 */
export function publishTemporary(
  temporary: string,
  target: string,
  judgement: Judgement | undefined,
  told: Omit<Replacement, "judge"> = {},
): void {
  if (judgement === "absent" && linkInPlace(temporary, target)) return;
  patiently(() => replace(temporary, target, judgement, told));
}

function replace(
  temporary: string,
  target: string,
  judgement: Judgement | undefined,
  told: Omit<Replacement, "judge">,
): void {
  if (judgement === "absent") {
    if (disk.lstatIfThere(target) !== undefined) throw concurrentModification(target);
  } else if (judgement !== undefined) {
    replaceJudged(temporary, target, { ...told, judge: judgement });
    return;
  }
  disk.rename(temporary, target);
}

/** link(2) refuses an existing name atomically, which rename can't. False where the file system has no hard links. */
function linkInPlace(temporary: string, target: string): boolean {
  try {
    disk.link(temporary, target);
  } catch (cause) {
    if (errnoOf(cause) === "EEXIST") throw concurrentModification(target);
    return false;
  }
  removeTemporary(temporary);
  return true;
}

/** Some file systems can't sync a directory (EINVAL), nor can Windows (EPERM); the rename has happened all the same. */
export function syncDirectory(path: string): void {
  const descriptor = disk.open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    disk.syncAll(descriptor);
  } catch (cause) {
    if (!UNSYNCABLE.has(errnoOf(cause) ?? "")) throw cause;
  } finally {
    letGo(descriptor);
  }
}

const UNSYNCABLE: ReadonlySet<string> = new Set(["EINVAL", "EPERM"]);
