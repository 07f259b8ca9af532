import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  absence,
  answer,
  inC,
  nodeFs,
  statx,
  throwAbsence,
  words,
} from "./linux.ts";

/**
 * What tells one version of a file from another, without its bytes: device, inode, size, and both times of change in nanoseconds. As the
 * kernel wrote them, digit by digit: a start compares some thirty, and made into numbers and these into text each costs four times as
 * much (measured on Bun 1.4.5). Only for this machine: another processor may write them otherwise.
 * @param isLink true to look at a symlink itself, not at where it leads
 * @returns undefined where nothing is there; empty where nothing certain can be said, as of a young file on a file system that keeps
 * whole seconds only
 * @throws as statSync
 */
export function versionSync(path: string, isLink: boolean): string | undefined {
  const flags = isLink ? AT_SYMLINK_NOFOLLOW : 0;
  if (statx(AT_FDCWD, inC(path), flags))
    return words[MODIFIED_NS] === 0 && isYoung((words[MODIFIED_S] ?? 0) * 1000)
      ? ""
      : INODE_AND_SIZE.toHex() + TIMES_AND_DEVICE.toHex();
  if (absence() === "ENOENT") return undefined;
  throwAbsence("stat", path);
  return versionByNode(path, isLink);
}

/** True where both are of the same file, whatever became of it. */
export function isSameFile(a: string, b: string): boolean {
  return a.slice(0, DIGITS) === b.slice(0, DIGITS) && a.slice(-DIGITS) === b.slice(-DIGITS);
}

/** An inode, with which a version begins, and a device, with which it ends, are 64 bits each. */
const DIGITS = 16;

/** Where they stand in a struct statx, in bytes and in words of 32 bits. Between times and device is what a device file stands for. */
const INODE_AND_SIZE = answer.subarray(32, 48);
const TIMES_AND_DEVICE = answer.subarray(96, 144);
const MODIFIED_S = 28;
const MODIFIED_NS = 30;

/** FAT keeps even seconds: the coarsest clock of a file system in use. */
function isYoung(modifiedMs: number): boolean {
  return Date.now() - modifiedMs < 2000;
}

function versionByNode(path: string, isLink: boolean): string | undefined {
  const options = { bigint: true, throwIfNoEntry: false } as const;
  const stats = isLink ? nodeFs().lstatSync(path, options) : nodeFs().statSync(path, options);
  if (stats === undefined) return undefined;
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  if (mtimeNs % 1_000_000_000n === 0n && isYoung(Number(mtimeNs / 1_000_000n))) return "";
  const [inode, device] = [ino, dev].map((number) => number.toString(16).padStart(DIGITS, "0"));
  return `${inode}:${size}:${mtimeNs}:${ctimeNs}:${device}`;
}
