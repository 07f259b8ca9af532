import { disk } from "../disk/disk.ts";
import { procText } from "../disk/proc.ts";
import { linkText } from "../fs/link-text.ts";
import { once } from "../libc.ts";
import type { FlockAnswer } from "../lock/flock.ts";
import { processLives } from "./living-process.ts";

/** "unknown" counts as alive wherever something could be destroyed. */
export type Liveness = "live" | "dead" | "unknown";

/** Where a session runs: flock-s and process ids mean something only inside one kernel and one PID namespace. */
export type Place = {
  /** Empty where the system has none (macOS, Windows). */
  readonly bootId: string;
  readonly pidNamespace: string;
};

export type Evidence = {
  /** What the probe of the record's lock answered; "held" by the probe means that nobody else holds it. */
  readonly lock: FlockAnswer;
  /** As recorded; undefined where the record says nothing readable. */
  readonly place: Place | undefined;
  /** ISO 8601, as recorded. */
  readonly started: string | undefined;
  /** As recorded: null until claude has started. */
  readonly claudePid: number | null;
  readonly path: string;
};

/**
 * Judges by the lock alone where it can be trusted. A free lock proves nothing about a session elsewhere (a virtual machine
 * that shares the directory, a network mount), with one exception: on a local file system nothing that was started before
 * this boot can still run, so that a power loss repairs itself at the next start.
 */
export function judgeLiveness(evidence: Evidence, here: Here = facts): Liveness {
  if (evidence.lock === "busy") return "live";
  if (evidence.lock === "unknown") return "unknown";
  const place = here.place();
  if (evidence.place?.bootId === place.bootId && evidence.place.pidNamespace === place.pidNamespace)
    return here.livesUnlocked(evidence.claudePid) ? "unknown" : "dead";
  if (!saysWhere(evidence.place)) return here.isLocal(evidence.path) ? "dead" : "unknown";
  if (evidence.place.bootId === place.bootId) return "unknown";
  return here.isLocal(evidence.path) && isBefore(evidence.started, here.bootTime()) ? "dead" : "unknown";
}

/** A record of the Rust tool says nothing, nor does one that was made while /proc could not be read. */
function saysWhere(place: Place | undefined): place is Place {
  return place !== undefined && place.bootId !== "" && place.pidNamespace !== "";
}

/** What must be known about this machine; asked for only when needed. */
export type Here = {
  readonly place: () => Place;
  readonly isLocal: (path: string) => boolean;
  /** Milliseconds since 1970; undefined where unknown. */
  readonly bootTime: () => number | undefined;
  /** True where claude may live although nobody holds the lock. */
  readonly livesUnlocked: (claudePid: number | null) => boolean;
};

/** The place of this process, which never changes. */
export const placeHere = once(
  (): Place => ({
    bootId: procText("/proc/sys/kernel/random/boot_id").trim(),
    pidNamespace: linkText("/proc/self/ns/pid") ?? "",
  }),
);

const facts: Here = { place: placeHere, isLocal, bootTime, livesUnlocked };

/**
 * On Windows the lock is the shim's alone. A killed shim takes claude with it, unless the job of whoever called it forbids a job
 * within; then claude's process id tells.
 */
function livesUnlocked(claudePid: number | null): boolean {
  return process.platform === "win32" && claudePid !== null && processLives(claudePid);
}

function isBefore(started: string | undefined, bootTime: number | undefined): boolean {
  return started !== undefined && bootTime !== undefined && Date.parse(started) < bootTime;
}

/** `btime` is whole seconds, and follows the clock when it is set right. */
function bootTime(): number | undefined {
  const seconds = /^btime (\d+)$/m.exec(procText("/proc/stat"))?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

function isLocal(path: string): boolean {
  try {
    return isLocalType(disk.fileSystemType(path));
  } catch {
    return false;
  }
}

/** By the magic numbers of statfs(2), from the kernel's include/uapi/linux/magic.h: only one kernel mounts one of these at a time. */
function isLocalType(type: bigint): boolean {
  switch (type) {
    case 0xef53n: // ext2, ext3, ext4
    case 0x58465342n: // XFS
    case 0x9123683en: // Btrfs
    case 0x2fc12fc1n: // ZFS
    case 0xf2f52010n: // F2FS
    case 0xca451a4en: // bcachefs
    case 0x01021994n: // tmpfs
    case 0x794c7630n: // overlayfs
    case 2n: // Windows: DRIVE_REMOVABLE
    case 3n: // DRIVE_FIXED
      return true;
    default:
      return false;
  }
}
