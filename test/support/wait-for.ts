import { existsSync } from "node:fs";

/**
 * Waits until `condition` holds and answers what it gave. No more than a few milliseconds pass between two looks, and
 * what never comes true fails the test by name rather than by the runner's timeout.
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await Bun.sleep(5);
  }
}

/** Waits until the file is there. */
export function fileAppears(path: string): Promise<true> {
  return waitFor(path, () => existsSync(path) && true);
}
