import { dlopen, type FFIFunction } from "bun:ffi";
import { once } from "./libc.ts";

/**
 * Opens calls of the Windows API that Bun has no other way to make. The bare name is safe: the library is mapped into every
 * process, and Windows takes it from nowhere but its own directory (a "known DLL").
 */
export function openKernel32<const Calls extends Record<string, FFIFunction>>(calls: Calls) {
  return dlopen("kernel32.dll", calls);
}

/** The system's handle behind a descriptor of ours; -1 where it is none. Bun keeps libuv's calls open for native addons. */
export function handleOf(descriptor: number): bigint {
  return descriptors().uv_get_osfhandle(descriptor);
}

const descriptors = once(
  () => dlopen(process.execPath, { uv_get_osfhandle: { args: ["i32"], returns: "i64" } }).symbols,
);

/** Ends this process with an exit code of more than eight bits, which Bun's own exit would cut off. */
export function exitProcess(code: number): void {
  openKernel32({ ExitProcess: { args: ["u32"], returns: "void" } }).symbols.ExitProcess(code);
}
