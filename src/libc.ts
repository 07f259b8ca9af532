import { dlopen, type FFIFunction } from "bun:ffi";
import { closeSync, openSync, readSync } from "node:fs";
import { ClauthError } from "./errors.ts";

/**
 * Opens calls of the C library that Bun has no other way to make. Costs about 0.1 ms and another 0.01 ms for each symbol
 * (measured on Bun 1.4.5), so each user opens its own at first use.
 */
export function openLibc<const Calls extends Record<string, FFIFunction>>(calls: Calls) {
  return dlopen(libcPath(), calls);
}

/**
 * The absolute path of the C library that is already mapped into this process. Never a bare name: where the loader can't
 * find one ("libc.so.6" on musl), dlopen falls back to the working directory and runs what lies there (measured on Bun 1.4.5).
 * @throws ClauthError `libc_not_found`
 */
export const libcPath = once(() => {
  if (process.platform === "darwin") return "/usr/lib/libSystem.B.dylib";
  const path = libcIn(readMaps());
  if (path !== undefined) return path;
  throw new ClauthError({
    kind: "libc_not_found",
    message: "no C library is mapped into this process, so files can't be locked",
    hint: "CLAUTH_BYPASS=1 claude starts the real claude meanwhile",
  });
});

/** By hand, because readFileSync takes twice as long for a file of /proc, which says that its size is 0 (0.1 ms). */
function readMaps(): string {
  const descriptor = openSync("/proc/self/maps", "r");
  try {
    const chunk = Buffer.alloc(64 * 1024);
    let text = "";
    for (let count = -1; count !== 0; text += chunk.toString("latin1", 0, count))
      count = readSync(descriptor, chunk);
    return text;
  } finally {
    closeSync(descriptor);
  }
}

/** Finds glibc or musl in the text of /proc/self/maps. */
export function libcIn(maps: string): string | undefined {
  for (const line of maps.split("\n")) {
    if (line.endsWith("/libc.so.6") || line.includes("/libc.musl-") || line.includes("/ld-musl-"))
      return line.slice(line.indexOf("/"));
  }
  return undefined;
}

/** Makes a value at its first use and keeps it. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
