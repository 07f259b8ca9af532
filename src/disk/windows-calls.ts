import { ptr } from "bun:ffi";
import { errnoOf } from "../errors.ts";
import { nodeFs } from "../fs.ts";
import { openKernel32 } from "../kernel32.ts";
import { once } from "../libc.ts";
import type { Disk } from "./disk.ts";
import { patiently } from "./patience.ts";

/** Where Windows says "in use" or "read-only" and the other systems simply do it (measured under Wine 10). */
export const windowsCalls: Pick<Disk, "open" | "rename" | "unlink" | "fileSystemType"> = {
  open: (path, flags, mode) => patiently(() => nodeFs().openSync(path, flags, mode), IN_USE),
  rename: (from, to) => {
    try {
      nodeFs().renameSync(from, to);
    } catch (cause) {
      if (errnoOf(cause) !== "EPERM" || !madeWritable(to)) throw cause;
      nodeFs().renameSync(from, to);
    }
  },
  unlink: (path) => patiently(() => nodeFs().unlinkSync(path), IN_USE),
  fileSystemType: (path) => BigInt(driveType()(Buffer.from(`${driveOf(path)}\\\0`, "utf16le"))),
};

/** `C:`, or the share of a server, `\\server\share`. */
function driveOf(path: string): string {
  return /^(?:[A-Za-z]:|[\\/]{2}[^\\/]+[\\/]+[^\\/]+)/.exec(path)?.[0] ?? "";
}

const driveType = once(() => {
  const { GetDriveTypeW } = openKernel32({ GetDriveTypeW: { args: ["ptr"], returns: "u32" } }).symbols;
  return (root: Uint8Array) => GetDriveTypeW(ptr(root));
});

/** Another program has the file open without sharing it; what is denied for good is EPERM or EACCES. */
const IN_USE = ["EBUSY"];

/** A file with the read-only attribute can't be replaced. False where it has none. */
function madeWritable(path: string): boolean {
  const stats = nodeFs().lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() !== true || (stats.mode & 0o200) !== 0) return false;
  nodeFs().chmodSync(path, 0o600);
  return true;
}
