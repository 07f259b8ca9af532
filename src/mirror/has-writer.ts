import { libc } from "../fs/linux.ts";
import { once, openLibc } from "../libc.ts";

/**
 * Whether anybody has a file open to write to it, by a descriptor that only reads it. Linux gives no read lease on such a file
 * (fcntl(2)); whoever opens it while we have one waits for a microsecond. False where nobody can tell: another's file, another system.
 */
export function hasWriter(descriptor: number): boolean {
  if (libc === undefined) return false;
  const { fcntl } = calls();
  // Of an open in between the kernel sends a signal: one that does nothing, in the place of one that ends us.
  fcntl(descriptor, F_SETSIG, SIGURG);
  if (fcntl(descriptor, F_SETLEASE, F_RDLCK) !== 0) return libc.errno() === EAGAIN;
  fcntl(descriptor, F_SETLEASE, F_UNLCK);
  return false;
}

const F_SETSIG = 10;
const F_SETLEASE = 1024;
const F_RDLCK = 0;
const F_UNLCK = 2;
const SIGURG = 23;
const EAGAIN = 11;

/** fcntl(2) is variadic, which makes no difference for numbers on the processors that Linux runs Bun on. */
const calls = once(() => openLibc({ fcntl: { args: ["i32", "i32", "i32"], returns: "i32" } }).symbols);
