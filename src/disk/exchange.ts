import { ptr } from "bun:ffi";
import { once, openLibc } from "../libc.ts";

/**
 * Exchanges two names in one step: what stood at `b` stands at `a` afterwards, whoever wrote it and however late. A rename
 * would have dropped it unseen.
 * @returns false where nothing was exchanged: a name is missing, or the system (Linux before 3.15, musl, Windows) or the file
 * system (NFS, FAT) can't. ReplaceFileW of Windows is no exchange: it renames twice, and in between the name is missing, which
 * Claude would take for a login or a document that was removed.
 */
export function exchangeNames(a: string, b: string): boolean {
  return call()(nativePath(a), nativePath(b)) === 0;
}

type Exchange = (a: Uint8Array, b: Uint8Array) => number;

const call = once((): Exchange => {
  if (process.platform === "win32") return () => -1;
  try {
    return process.platform === "darwin" ? openDarwin() : openLinux();
  } catch {
    return () => -1;
  }
});

function openLinux(): Exchange {
  const args = ["i32", "ptr", "i32", "ptr", "u32"] as const;
  const { renameat2 } = openLibc({ renameat2: { args, returns: "i32" } }).symbols;
  return (a, b) => renameat2(AT_FDCWD, ptr(a), AT_FDCWD, ptr(b), EXCHANGE);
}

function openDarwin(): Exchange {
  const args = ["ptr", "ptr", "u32"] as const;
  const { renamex_np } = openLibc({ renamex_np: { args, returns: "i32" } }).symbols;
  return (a, b) => renamex_np(ptr(a), ptr(b), EXCHANGE);
}

const AT_FDCWD = -100;

/** RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS are the same number. */
const EXCHANGE = 2;

function nativePath(path: string): Uint8Array {
  return Buffer.from(`${path}\0`);
}
