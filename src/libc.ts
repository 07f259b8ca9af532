import { dlopen, type FFIFunction } from "bun:ffi";

/**
 * Opens calls of the C library that Bun has no other way to make. Costs about 0.1 ms and another 0.01 ms for each symbol
 * (measured on Bun 1.4.5), so each user opens its own at first use.
 */
export function openLibc<const Calls extends Record<string, FFIFunction>>(calls: Calls) {
  return dlopen(LIBC, calls);
}

/**
 * Names that no loader looks for: glibc is mapped under this one already, musl takes every `libc.*` for itself
 * (load_library in its ldso/dynlink.c), macOS has it in its cache. Where a loader finds nothing, dlopen falls back to the working
 * directory and runs what lies there (measured on Bun 1.4.5).
 */
export const LIBC = process.platform === "darwin" ? "/usr/lib/libSystem.B.dylib" : "libc.so.6";

/** Makes a value at its first use and keeps it. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
