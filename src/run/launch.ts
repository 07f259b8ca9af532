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
  /** As `Inherited` has it. */
  readonly environment: ByteString;
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
  const set = Object.keys(edit.set);
  let environment = inherited.environment;
  for (const name of edit.remove) environment = without(name, environment);
  for (const name of set) environment = without(name, environment);
  for (const name of set) environment += `${utf8Bytes(`${name}=${edit.set[name]}`)}\0`;
  const descriptors: Handover[] = [];
  for (const descriptor of inherited.descriptors) descriptors.push({ from: descriptor, to: descriptor });
  const argv = [utf8Bytes(start.argv0)];
  for (const arg of start.args) argv.push(arg);
  return { path: start.path, argv, environment, descriptors };
}

/** Cuts every entry of a name out, with a value or without. */
function without(name: string, environment: ByteString): ByteString {
  let kept = `\0${environment}`;
  const sought = `\0${inOneCase(name)}`;
  for (let at = 0; ; ) {
    at = inOneCase(kept).indexOf(sought, at);
    if (at < 0) return kept.slice(1);
    const behind = kept[at + sought.length];
    if (behind === "=" || behind === "\0") kept = kept.slice(0, at) + kept.slice(kept.indexOf("\0", at + 1));
    else at += 1;
  }
}

/** Windows knows one variable by any case. Of a character for each byte none has a small letter of another length. */
const inOneCase =
  process.platform === "win32" ? (text: string) => text.toLowerCase() : (text: string) => text;

/** C's view of a launch. Hold on to the value as long as C may look at it: its memory is Bun's. */
export type NativeLaunch = {
  readonly path: Pointer;
  readonly argv: Pointer;
  readonly environment: Pointer;
  readonly memory: readonly (Uint8Array | Uint32Array)[];
};

export function nativeLaunch(launch: Launch): NativeLaunch {
  const path = bytesOf(utf8Bytes(`${launch.path}\0`));
  const argv = stringVector(`${launch.argv.join("\0")}\0`);
  const environment = stringVector(launch.environment);
  return {
    path: ptr(path),
    argv: ptr(argv.pointers),
    environment: ptr(environment.pointers),
    memory: [path, argv.block, argv.pointers, environment.block, environment.pointers],
  };
}

/** A `char *[]` of strings that lie one after the other in a single block, a NUL behind each. */
function stringVector(strings: ByteString) {
  const block = bytesOf(`${strings}\0`);
  const start: number = ptr(block);
  const addresses: number[] = [];
  for (let at = 0; at < strings.length; at = strings.indexOf("\0", at) + 1) addresses.push(start + at);
  return { block, pointers: pointerVector(addresses) };
}
