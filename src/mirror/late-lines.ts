import { disk, letGo } from "../disk/disk.ts";
import { piecesIn } from "../disk/pieces.ts";
import type { FileStat } from "../disk/read-file.ts";
import { writeAll } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { constants } from "../fs.ts";
import { quarantineFile } from "../quarantine.ts";
import type { Pieces } from "../tree/jsonl-tails.ts";
import { type CopyOptions, putCopy } from "../tree/put-copy.ts";
import { hasWriter } from "./has-writer.ts";
import { fail, lookAgain, type Pass } from "./pass.ts";

/** A log that lost its name to a copy, and how long it was. */
export type Outgoing = {
  readonly name: string;
  readonly path: string;
  readonly descriptor: number;
  readonly size: number;
};

/**
 * As `putCopy`, but not while somebody has the `.jsonl` open to append to it: he would go on in a file that has no name any more. Who opens
 * it in that very moment is heard all the same: the old file is kept in hand until the pass has made everything durable, milliseconds
 * later. Claude Code opens and closes it for each append, within 0.4 ms (2.1.197, 2.1.329).
 * @throws ClauthError as `putCopy`, or `file_open` (retry-safe)
 */
export function putLog(
  pass: Pass,
  name: string,
  target: string,
  content: Pieces,
  options: CopyOptions,
): FileStat {
  const { replaces } = options;
  // Windows replaces no file that is open: neither one that somebody still appends to, nor one that we keep.
  const isLost = replaces !== undefined && name.endsWith(".jsonl") && process.platform !== "win32";
  if (!isLost) return putCopy(target, content, options);
  if (pass.outgoing.length >= MOST) bringLateLines(pass);
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = disk.open(target, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (hasWriter(descriptor)) throw fileOpen(target);
    const stat = putCopy(target, content, options);
    pass.outgoing.push({ name, path: target, descriptor, size: Number(replaces.size) });
    return stat;
  } catch (cause) {
    letGo(descriptor);
    throw cause;
  }
}

const MOST = 64;

function fileOpen(path: string): ClauthError {
  return new ClauthError({
    kind: "file_open",
    message: `a program has ${path} open to write to it`,
    hint: "end that program, or wait until it closes the file",
    path,
    retrySafe: true,
  });
}

/** Gives to the new files what came to the old ones behind their backs. */
export function bringLateLines(pass: Pass): void {
  for (const outgoing of pass.outgoing.splice(0)) {
    try {
      const late = readFrom(outgoing);
      if (late.length > 0) bring(pass, outgoing, late);
    } catch (cause) {
      fail(pass, outgoing.name, cause);
    } finally {
      letGo(outgoing.descriptor);
    }
  }
}

function readFrom({ descriptor, size }: Outgoing): Uint8Array {
  if (Number(disk.statOpen(descriptor).size) <= size) return new Uint8Array();
  const late: Uint8Array[] = [];
  let done = 0;
  for (const piece of piecesIn(descriptor)) {
    late.push(piece.slice(Math.max(0, size - done)));
    done += piece.length;
  }
  return Buffer.concat(late);
}

function bring(pass: Pass, { name, path }: Outgoing, late: Uint8Array): void {
  lookAgain(pass, name);
  try {
    append(path, late);
  } catch (cause) {
    quarantineFile(pass.places, name, late);
    throw cause;
  }
}

function append(path: string, bytes: Uint8Array): void {
  const { O_WRONLY, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = disk.open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
  try {
    writeAll(descriptor, bytes);
    disk.syncData(descriptor);
  } finally {
    disk.close(descriptor);
  }
}
