import { disk, letGo } from "../disk/disk.ts";
import { errnoOf } from "../errors.ts";
import { constants } from "../fs.ts";
import { dirname, join } from "../path.ts";

/**
 * Gives a file a second name where none of that name is: whoever has it open goes on writing to it. Across devices, and
 * where the file system has no hard links, it is copied beside the new name first.
 * @throws system error EEXIST where the name is taken
 */
export function copyNew(from: string, to: string): void {
  try {
    disk.link(from, to);
  } catch (error) {
    if (!["EXDEV", "EPERM", "EMLINK", "ENOTSUP"].includes(errnoOf(error) ?? "")) throw error;
    copyAcross(from, to);
  }
}

function copyAcross(from: string, to: string): void {
  const temporary = join(
    dirname(to),
    `.copy.clauth-${process.pid}-${Math.random().toString(36).slice(2, 12)}0.tmp`,
  );
  try {
    disk.copyNewFile(from, temporary);
    disk.setTimes(temporary, disk.timesOf(from));
    syncData(temporary);
    publishNew(temporary, to);
  } finally {
    try {
      disk.unlink(temporary);
    } catch {}
  }
}

/** The source is removed next: its copy has to be on the disk by then. */
function syncData(path: string): void {
  const descriptor = disk.open(path, constants.O_RDONLY);
  try {
    disk.syncData(descriptor);
  } finally {
    letGo(descriptor);
  }
}

/** link(2) refuses a taken name atomically; without hard links the look before the rename has to do. */
function publishNew(temporary: string, to: string): void {
  try {
    disk.link(temporary, to);
  } catch (error) {
    if (errnoOf(error) === "EEXIST" || disk.lstatIfThere(to) !== undefined) throw error;
    disk.rename(temporary, to);
  }
}
