import { dlopen, ptr } from "bun:ffi";

/** Waits for a program; all 32 bits of its exit code, of which Bun keeps eight (measured on Bun 1.4.5). */
export async function exitCodeOf(child: {
  readonly pid: number;
  readonly exited: Promise<number>;
}): Promise<number | undefined> {
  const { OpenProcess, GetExitCodeProcess } = dlopen("kernel32.dll", {
    OpenProcess: { args: ["u32", "i32", "u32"], returns: "i64" },
    GetExitCodeProcess: { args: ["i64", "ptr"], returns: "i32" },
  }).symbols;
  const handle = OpenProcess(0x1000, 0, child.pid);
  await child.exited;
  const code = new Uint32Array(1);
  return GetExitCodeProcess(handle, ptr(code)) === 0 ? undefined : code[0];
}
