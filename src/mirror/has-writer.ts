import { CALLS, errno, isLinux, systemCall } from "../fs/linux.ts";

/**
 * Whether anybody has a file open to write to it, by a descriptor that only reads it. Linux gives no read lease on such a file
 * (fcntl(2)); whoever opens it while we have one waits for a microsecond. False where nobody can tell: another's file, another system.
 */
export function hasWriter(descriptor: number): boolean {
  if (!isLinux) return false;
  // Of an open in between the kernel sends a signal: one that does nothing, in the place of one that ends us.
  systemCall(CALLS.fcntl, descriptor, F_SETSIG, SIGURG);
  if (systemCall(CALLS.fcntl, descriptor, F_SETLEASE, F_RDLCK) !== 0) return errno() === EAGAIN;
  systemCall(CALLS.fcntl, descriptor, F_SETLEASE, F_UNLCK);
  return false;
}

const F_SETSIG = 10;
const F_SETLEASE = 1024;
const F_RDLCK = 0;
const F_UNLCK = 2;
const SIGURG = 23;
const EAGAIN = 11;
