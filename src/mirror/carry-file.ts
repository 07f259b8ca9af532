import { basename, dirname } from "node:path";
import { checkpoint } from "../checkpoint.ts";
import { disk } from "../disk/disk.ts";
import { concurrentModification } from "../disk/errno.ts";
import { resolveLinks } from "../disk/links.ts";
import { piecesOf } from "../disk/pieces.ts";
import type { FileStat } from "../disk/read-file.ts";
import { ClauthError, errnoOf } from "../errors.ts";
import type { Side } from "../merge/three-way.ts";
import { quarantineCopy } from "../quarantine.ts";
import { sameFileFacts } from "../tree/inspect.ts";
import { findMissing, linesOf, type Pieces } from "../tree/jsonl-tails.ts";
import { bothTails } from "../tree/merge-file.ts";
import { appendCopy, judgedPieces, refuseChanged } from "../tree/put-copy.ts";
import type { Version } from "./decide.ts";
import { putLog } from "./late-lines.ts";
import type { Agreed, Known } from "./mirror-index.ts";
import { agree, lookAgain, otherSide, type Pass, pathOn, syncsLater } from "./pass.ts";
import { type ReadVersion, readVersion } from "./read-version.ts";
import { lastingMark } from "./sight.ts";

/** One side as it was judged: by what is known of it where its mark still stands, else as it was read. */
export type Found = Version & {
  readonly stat: FileStat;
  readonly mark: string;
  readonly read: ReadVersion | undefined;
};

export type FoundPair = { readonly home: Found | undefined; readonly tree: Found | undefined };

export type Carriage = {
  readonly do: "carry" | "win";
  readonly from: Side;
  readonly known: Agreed | undefined;
};

/**
 * Writes one side's file to the other.
 * @throws ClauthError `concurrent_modification` (retry-safe) where a side is not what was judged; otherwise system errors
 */
export function carry(pass: Pass, name: string, found: FoundPair, carriage: Carriage): void {
  const { from, known } = carriage;
  const to = otherSide(from);
  const read = found[from]?.read;
  const replaced = found[to];
  if (read === undefined) throw concurrentModification(pathOn(pass, from, name));
  const target = targetOn(pass, to, name);
  if (replaced !== undefined && (carriage.do === "win" || isBlank(read))) setAside(pass, name, target);
  const tail = growth(name, read, replaced, known?.[from]);
  const syncLater = replaced === undefined && syncsLater(pass);
  const appended = tail === undefined ? undefined : tryAppend(target, [tail], read.mtimeNs, replaced);
  if (appended === "raced" || !read.quiet) lookAgain(pass, name);
  if (appended === "raced") return;
  const mode = modeFor(read.stat, replaced?.stat, known?.[from]);
  const { mtimeNs } = read;
  const content = contentOf(pathOn(pass, from, name), read);
  const options = { mode, mtimeNs, replaces: replaced?.stat, syncLater };
  const written = appended ?? unlessTaken(target, () => putLog(pass, name, target, content, options));
  if (syncLater) pass.unsyncedDevices.set(written.dev, target);
  else pass.unsynced.add(dirname(target));
  if (replaced === undefined) pass.created.add(read.hash);
  pass.done.push({ do: appended === undefined ? carriage.do : "append", name, to });
  const source = { mark: read.mark, mode: read.stat.mode };
  agree(pass, name, agreedOn(read, from, source, { mark: lastingMark(written), mode: written.mode }));
  checkpoint("mirror-carried");
}

/**
 * Brings the lines of either to both: home's come first, then the tree's that home does not have.
 * @throws ClauthError as `carry`; home then has all lines already, or none of the tree's
 */
export function join(pass: Pass, name: string, { home, tree }: { home: Found; tree: Found }): void {
  const homePath = targetOn(pass, "home", name);
  const treePath = pathOn(pass, "tree", name);
  const missing = findMissing(piecesOf(homePath), piecesOf(treePath, false));
  refuseChanged(treePath, tree.stat);
  const { mtimeNs } = tree.mtimeNs > home.mtimeNs ? tree : home;
  const options = { mtimeNs, mode: home.stat.mode, replaces: home.stat };
  const grown =
    missing.length === 0
      ? home.stat
      : (tryAppend(homePath, linesOf(piecesOf(treePath, false), missing), mtimeNs, home) ??
        putLog(pass, name, homePath, bothTails(homePath, treePath, missing), options));
  checkpoint("mirror-joined-home");
  const joined = readVersion(homePath, false, home);
  // Somebody else wrote to it in this very moment.
  if (grown === "raced" || joined.begins === undefined || !sameFileFacts(joined.stat, grown)) {
    lookAgain(pass, name);
    return;
  }
  const copied = putLog(pass, name, treePath, contentOf(homePath, joined), {
    mtimeNs,
    mode: tree.stat.mode,
    replaces: tree.stat,
  });
  pass.unsynced.add(dirname(treePath));
  for (const to of ["home", "tree"] as const) pass.done.push({ do: "join", name, to });
  agree(pass, name, {
    type: "file",
    hash: joined.hash,
    size: joined.size,
    home: { mark: lastingMark(grown), mode: grown.mode },
    tree: { mark: lastingMark(copied), mode: copied.mode },
  });
  checkpoint("mirror-carried");
}

/** Where names are found in any case, two of claude home may be one in the tree: no other try would make two of it. */
function unlessTaken<T>(target: string, put: () => T): T {
  try {
    return put();
  } catch (cause) {
    const directory = dirname(target);
    if (disk.lstatIfThere(target) === undefined || disk.list(directory).includes(basename(target)))
      throw cause;
    throw new ClauthError({
      kind: "name_taken",
      message: `${target} stands in ${directory} in another spelling`,
      hint: "give one of the two files another name",
      path: target,
      cause,
    });
  }
}

/** Links of claude home are written through; where the tree has one, nobody gets here. */
function targetOn(pass: Pass, side: Side, name: string): string {
  const path = pathOn(pass, side, name);
  return side === "home" ? resolveLinks(path) : path;
}

/**
 * What the other side's file lacks, where that is all that happened and its writer appends in place too: a `.jsonl`, whose
 * writers may have it open, or something large.
 */
function growth(
  name: string,
  read: ReadVersion,
  replaced: Found | undefined,
  knownSource: Known | undefined,
): Uint8Array | undefined {
  if (replaced === undefined || read.begins !== replaced.hash) return undefined;
  if (read.tail === undefined || read.tail.length === 0) return undefined;
  const { dev, ino } = read.stat;
  const grew = read.size > LARGE_BYTES && knownSource?.mark.startsWith(`${dev}:${ino}:`) === true;
  return grew || name.endsWith(".jsonl") ? read.tail : undefined;
}

const LARGE_BYTES = 1024 * 1024;

/** @returns undefined where it can't be appended to: then it can still be replaced */
function tryAppend(
  target: string,
  tail: Pieces,
  mtimeNs: bigint,
  replaced: Found | undefined,
): FileStat | "raced" | undefined {
  if (replaced === undefined) return undefined;
  try {
    return appendCopy(target, tail, { mtimeNs, replaces: replaced.stat }) ?? "raced";
  } catch (cause) {
    if (["EACCES", "EPERM"].includes(errnoOf(cause) ?? "")) return undefined;
    throw cause;
  }
}

function setAside(pass: Pass, name: string, path: string): void {
  quarantineCopy(pass.places, name, path);
  checkpoint("mirror-set-aside");
}

/** As a power loss leaves a file that its writer did not sync: rather kept twice than believed. */
function isBlank({ size, bytes }: ReadVersion): boolean {
  return size === 0 || (bytes?.[0] === 0 && bytes.every((byte) => byte === 0));
}

function contentOf(path: string, { bytes, size, hash }: ReadVersion): Pieces {
  return bytes === undefined ? judgedPieces(path, { size, hash }) : [bytes];
}

/**
 * A file that is there keeps its mode unless the other side changed its own: a file system without modes has one for all.
 * A new one is never open to everybody's writing.
 */
function modeFor(source: FileStat, replaced: FileStat | undefined, knownSource: Known | undefined): number {
  const changed = knownSource !== undefined && knownSource.mode !== source.mode;
  return replaced === undefined || changed ? source.mode & 0o775 : replaced.mode & 0o777;
}

function agreedOn({ hash, size }: Version, from: Side, source: Known, copy: Known): Agreed {
  const sides = from === "home" ? { home: source, tree: copy } : { home: copy, tree: source };
  return { type: "file", hash, size, ...sides };
}
