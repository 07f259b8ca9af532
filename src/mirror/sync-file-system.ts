import { constants } from "node:fs";
import { disk, letGo } from "../disk/disk.ts";
import { once, openLibc } from "../libc.ts";

/**
 * Makes all of the file system that holds a path durable in one call: of many new files each would wait for a commit of its own,
 * about 1 ms.
 * @throws system errors, where what was written may not have arrived
 */
export function syncFileSystem(path: string): void {
  const descriptor = disk.open(path, constants.O_RDONLY);
  try {
    if (call()?.(descriptor) !== 0) throw Object.assign(new Error("syncfs failed"), { code: "EIO" });
  } finally {
    letGo(descriptor);
  }
}

/** Linux alone: on macOS sync(2) does not wait, and Windows syncs a volume for administrators only. */
export function canSyncFileSystem(): boolean {
  return call() !== undefined;
}

const call = once((): ((descriptor: number) => number) | undefined => {
  if (process.platform !== "linux") return undefined;
  try {
    return openLibc({ syncfs: { args: ["i32"], returns: "i32" } }).symbols.syncfs;
  } catch {
    return undefined;
  }
});
