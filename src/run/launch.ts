import { type Pointer, ptr } from "bun:ffi";
import type { Inherited } from "./inherited.ts";

/** One program start, in the kernel's own terms: bytes and numbers, nothing decoded. */
export type Launch = {
  /** Absolute path of the program. */
  readonly path: string;
  /** argv[0] included. */
  readonly argv: readonly Uint8Array[];
  readonly environment: readonly Uint8Array[];
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
  start: { readonly path: string; readonly argv0: string; readonly args: readonly Uint8Array[] },
  edit: EnvironmentEdit,
): Launch {
  const gone = new Set([...edit.remove, ...Object.keys(edit.set)]);
  const kept = inherited.environment.filter((entry) => !gone.has(nameOf(entry)));
  const added = Object.entries(edit.set).map(([name, value]) => utf8.encode(`${name}=${value}`));
  return {
    path: start.path,
    argv: [utf8.encode(start.argv0), ...start.args],
    environment: [...kept, ...added],
    descriptors: inherited.descriptors.map((descriptor) => ({ from: descriptor, to: descriptor })),
  };
}

const utf8 = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/** Latin-1 keeps every byte apart, so an odd name is never mistaken for one of ours. */
function nameOf(entry: Uint8Array): string {
  const end = entry.indexOf(EQUALS_SIGN);
  return latin1.decode(end < 0 ? entry : entry.subarray(0, end));
}

const EQUALS_SIGN = 0x3d;

/** C's view of a launch. Hold on to the value as long as C may look at it: its memory is Bun's. */
export type NativeLaunch = {
  readonly path: Pointer;
  readonly argv: Pointer;
  readonly environment: Pointer;
  readonly memory: readonly (Uint8Array | BigUint64Array)[];
};

export function nativeLaunch(launch: Launch): NativeLaunch {
  const path = new TextEncoder().encode(`${launch.path}\0`);
  const argv = stringVector(launch.argv);
  const environment = stringVector(launch.environment);
  return {
    path: ptr(path),
    argv: ptr(argv.pointers),
    environment: ptr(environment.pointers),
    memory: [path, argv.block, argv.pointers, environment.block, environment.pointers],
  };
}

/** A NULL-terminated `char *[]` whose strings lie one after the other in a single block. */
function stringVector(strings: readonly Uint8Array[]) {
  const block = new Uint8Array(strings.reduce((size, string) => size + string.length + 1, 1));
  const pointers = new BigUint64Array(strings.length + 1);
  const start = BigInt(ptr(block));
  let offset = 0;
  strings.forEach((string, index) => {
    block.set(string, offset);
    pointers[index] = start + BigInt(offset);
    offset += string.length + 1;
  });
  return { block, pointers };
}
