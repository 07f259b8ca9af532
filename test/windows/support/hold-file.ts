import { dlopen, ptr } from "bun:ffi";

/**
 * Another program that has a file open, as a scanner has: `bun.exe hold-file.ts PATH SHARING MILLISECONDS`. SHARING is what others
 * may do meanwhile: 0 nothing, 1 read. Says "held" once it has it.
 */
const [path = "", sharing = "0", milliseconds = "0"] = process.argv.slice(2);
const { CreateFileW } = dlopen("kernel32.dll", {
  CreateFileW: { args: ["ptr", "u32", "u32", "ptr", "u32", "u32", "i64"], returns: "i64" },
}).symbols;

const GENERIC_READ = 0x8000_0000;
const OPEN_EXISTING = 3;
const name = Buffer.from(`${path}\0`, "utf16le");
const handle = CreateFileW(ptr(name), GENERIC_READ, Number(sharing), null, OPEN_EXISTING, 0, 0n);
if (handle === -1n) throw new Error(`${path} could not be opened`);
console.log("held");
await Bun.sleep(Number(milliseconds));
process.exit();
