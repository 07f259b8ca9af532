import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Store } from "./paths.ts";

/**
 * Adds one line to `log/clauth.log`: what was decided and written, and for whom. Decisions that write nothing are not
 * logged. No secret may be in `text`; a log that can't be written stops nothing.
 */
export function log(store: Pick<Store, "log">, profile: string, text: string): void {
  const line = `${new Date().toISOString()} ${process.pid} ${profile}: ${text.replaceAll("\n", " ")}\n`;
  try {
    mkdirSync(dirname(store.log), { recursive: true, mode: 0o700 });
    rotate(store.log);
    // One short O_APPEND write, so that the lines of several processes never mix.
    appendFileSync(store.log, line, { mode: 0o600 });
  } catch {}
}

/** Keeps one older file. Two processes that rotate at once lose nothing: the second finds a small file. */
function rotate(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_BYTES) renameSync(path, `${path}.1`);
}

const MAX_BYTES = 1024 * 1024;
