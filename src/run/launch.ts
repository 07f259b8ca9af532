import { type Pointer, ptr } from "bun:ffi";
import { type ByteString, bytesOf, utf8Bytes } from "./byte-string.ts";
import type { Inherited } from "./inherited.ts";
import { pointerVector } from "./pointer-vector.ts";

/** One program start, in the kernel's own terms: bytes and numbers, nothing decoded. */
export type Launch = {
  /** Absolute path of the program. */
  readonly path: string;
  /** argv[0] included. */
  readonly argv: readonly ByteString[];
  readonly environment: readonly ByteString[];
  readonly descriptors: readonly Handover[];
};

/** `from`: a descriptor of ours; `to`: the number under which the new program finds it. */
export type Handover = { readonly from: number; readonly to: number };

/** What a launch changes of the caller's environment; everything else passes as the kernel has it. */
export type EnvironmentEdit = {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
};

/** Hands on what the caller gave us: `args`, the edited environment, and every descriptor under its own number. */
export function launchFrom(
  inherited: Inherited,
  start: { readonly path: string; readonly argv0: string; readonly args: readonly ByteString[] },
  edit: EnvironmentEdit,
): Launch {
  const gone: string[] = [];
  for (const name of edit.remove) gone.push(inOneCase(name));
  for (const name of Object.keys(edit.set)) gone.push(inOneCase(name));
  const environment: ByteString[] = [];
  for (const entry of inherited.environment)
    if (!gone.includes(inOneCase(nameOf(entry)))) environment.push(entry);
  for (const name of Object.keys(edit.set)) environment.push(utf8Bytes(`${name}=${edit.set[name]}`));
  const descriptors: Handover[] = [];
  for (const descriptor of inherited.descriptors) descriptors.push({ from: descriptor, to: descriptor });
  const argv = [utf8Bytes(start.argv0)];
  for (const arg of start.args) argv.push(arg);
  return { path: start.path, argv, environment, descriptors };
}

function nameOf(entry: ByteString): string {
  const end = entry.indexOf("=");
  return end < 0 ? entry : entry.slice(0, end);
}

/** Windows knows one variable by any case. */
const inOneCase =
  process.platform === "win32" ? (name: string) => name.toUpperCase() : (name: string) => name;

/** C's view of a launch. Hold on to the value as long as C may look at it: its memory is Bun's. */
export type NativeLaunch = {
  readonly path: Pointer;
  readonly argv: Pointer;
  readonly environment: Pointer;
  readonly memory: readonly (Uint8Array | Uint32Array)[];
};

export function nativeLaunch(launch: Launch): NativeLaunch {
  const path = bytesOf(utf8Bytes(`${launch.path}\0`));
  const argv = stringVector(launch.argv);
  const environment = stringVector(launch.environment);
  return {
    path: ptr(path),
    argv: ptr(argv.pointers),
    environment: ptr(environment.pointers),
    memory: [path, argv.block, argv.pointers, environment.block, environment.pointers],
  };
}

/** A `char *[]` whose strings lie one after the other in a single block. */
function stringVector(strings: readonly ByteString[]) {
  const block = bytesOf(`${strings.join("\0")}\0`);
  const addresses: number[] = [];
  let next: number = ptr(block);
  for (const string of strings) {
    addresses.push(next);
    next += string.length + 1;
  }
  return { block, pointers: pointerVector(addresses) };
}
