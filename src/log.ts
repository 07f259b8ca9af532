import { disk } from "./disk/disk.ts";
import { constants } from "./fs.ts";
import { dirname } from "./path.ts";
import type { Store } from "./paths.ts";

/**
 * Adds one line to `log/clauth.log`: what was decided and written, and for whom. Decisions that write nothing are not
 * logged. No secret may be in `text`; a log that can't be written stops nothing.
 */
export function log(store: Pick<Store, "log">, profile: string, text: string): void {
  const line = `${new Date().toISOString()} ${process.pid} ${profile}: ${text.replaceAll("\n", " ")}\n`;
  try {
    // Never the store itself, which may have been removed under a running session.
    const directory = dirname(store.log);
    if (disk.statIfThere(directory) === undefined) disk.makeNewDirectory(directory, 0o700);
    rotate(store.log);
    append(store.log, new TextEncoder().encode(line));
  } catch {}
}

/** One short O_APPEND write, so that the lines of several processes never mix. A FIFO without a reader is refused. */
function append(path: string, line: Uint8Array): void {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  const descriptor = disk.open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);
  try {
    disk.write(descriptor, line, 0);
  } finally {
    disk.close(descriptor);
  }
}

/** Keeps one older file. Two processes that rotate at once lose nothing: the second finds a small file. */
function rotate(path: string): void {
  const size = disk.statIfThere(path)?.size ?? 0n;
  if (size > MAX_BYTES) disk.rename(path, `${path}.1`);
}

const MAX_BYTES = 1024n * 1024n;
