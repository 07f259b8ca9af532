import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "../scripts/build.ts";

/** The executables that are compared, all built anew in one directory by one compiler. */
export type Programs = {
  /** Ours, called `claude`. */
  readonly shim: string;
  /** The same, called `clauth`. */
  readonly clauth: string;
  /** A native claude that ends at once (coreutils' true), and one that lives until the file it reads ends (cat). */
  readonly claude: string;
  readonly waitingClaude: string;
  /** What any compiled Bun program costs: it has no line of code. */
  readonly empty: string;
  /** The least that a shim in Bun can do: find out nothing, become claude through libc. */
  readonly become: string;
  /** The least that can stand beside claude: starts it and waits. */
  readonly wait: string;
  /** The same, and watches a directory meanwhile: what the kernel asks for at the end of a process that did. */
  readonly waitAndWatch: string;
  /** The least that can carry a file: watches a directory and copies one file at each event. */
  readonly watch: string;
  /** The same, so that a power loss takes neither copy: what a login asks for. */
  readonly watchSafely: string;
  /** `exec` in a shell script. */
  readonly shell: string;
  /** Ours with a stopwatch in it (`stopwatch.ts`), called `claude` too. */
  readonly stopwatch: string;
};

export async function makePrograms(root: string): Promise<Programs> {
  const at = (name: string) => join(root, name);
  mkdirSync(at("shim"), { recursive: true });
  mkdirSync(at("real"));
  mkdirSync(at("waiting"));
  for (const [name, source] of Object.entries(FLOORS)) {
    writeFileSync(at(`${name}.ts`), source);
    await build({ entry: at(`${name}.ts`), outfile: at(name) });
  }
  symlinkSync("claude", at("shim/clauth"));
  copyFileSync("/bin/true", at("real/claude"));
  copyFileSync("/bin/cat", at("waiting/claude"));
  writeFileSync(at("shell"), '#!/bin/sh\nexec "$REAL_CLAUDE" "$@"\n', { mode: 0o755 });
  return {
    shim: await build({ outfile: at("shim/claude") }),
    clauth: at("shim/clauth"),
    claude: at("real/claude"),
    waitingClaude: at("waiting/claude"),
    empty: at("empty"),
    become: at("become"),
    wait: at("wait"),
    waitAndWatch: at("waitAndWatch"),
    watch: at("watch"),
    watchSafely: at("watchSafely"),
    shell: at("shell"),
    stopwatch: await build({ entry: join(import.meta.dir, "stopwatch.ts"), outfile: at("stopwatch/claude") }),
  };
}

/** Each does what its name says and nothing else; REAL_CLAUDE names the program behind it. */
const FLOORS = {
  empty: "export {};\n",
  become: `
import { dlopen, ptr } from "bun:ffi";
const { symbols } = dlopen("libc.so.6", { execv: { args: ["ptr", "ptr"], returns: "i32" } });
const path = new TextEncoder().encode(process.env.REAL_CLAUDE + "\\0");
symbols.execv(ptr(path), ptr(new BigUint64Array([BigInt(ptr(path)), 0n])));
`,
  wait: `
const child = Bun.spawn([process.env.REAL_CLAUDE, ...process.argv.slice(2)], { stdio: ["inherit", "inherit", "inherit"] });
process.exit(await child.exited);
`,
  waitAndWatch: `
import { watch } from "node:fs";
watch(process.env.HOME, () => {});
const child = Bun.spawn([process.env.REAL_CLAUDE, ...process.argv.slice(2)], { stdio: ["inherit", "inherit", "inherit"] });
process.exit(await child.exited);
`,
  watch: `
import { copyFileSync, renameSync, watch } from "node:fs";
const [directory, name, target] = process.argv.slice(2);
watch(directory, (_, changed) => {
  if (changed !== name) return;
  copyFileSync(directory + "/" + name, target + ".tmp");
  renameSync(target + ".tmp", target);
});
console.log("watching");
`,
  watchSafely: `
import { closeSync, copyFileSync, fdatasyncSync, fsyncSync, openSync, renameSync, watch } from "node:fs";
import { dirname } from "node:path";
const [directory, name, target] = process.argv.slice(2);
const synced = (path, sync) => {
  const descriptor = openSync(path);
  sync(descriptor);
  closeSync(descriptor);
};
watch(directory, (_, changed) => {
  if (changed !== name) return;
  copyFileSync(directory + "/" + name, target + ".tmp");
  synced(target + ".tmp", fdatasyncSync);
  renameSync(target + ".tmp", target);
  synced(dirname(target), fsyncSync);
});
console.log("watching");
`,
} as const;
