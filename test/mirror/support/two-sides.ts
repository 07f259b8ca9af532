import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type MirrorOutcome,
  type MirrorPlaces,
  type MirrorRequest,
  mirrorPass,
} from "../../../src/mirror/mirror-pass.ts";
import { quarantineKind } from "../../../src/quarantine.ts";

/** A claude home and a tree that can't link to it, in a temporary directory. */
export type TwoSides = Disposable & {
  readonly root: string;
  readonly places: MirrorPlaces;
  readonly home: (name: string) => string;
  readonly tree: (name: string) => string;
  readonly pass: (request?: Partial<MirrorRequest>) => MirrorOutcome;
};

export function twoSides(): TwoSides {
  return twoSidesIn(realpathSync(mkdtempSync(join(tmpdir(), "clauth-mirror-"))));
}

/** The same in a directory that may be there already; `profile` for one more tree beside its claude home. */
export function twoSidesIn(root: string, profile = ""): TwoSides {
  const places = {
    home: join(root, ".claude"),
    tree: join(root, `runtime${profile}`),
    base: join(root, `base${profile}`),
    backups: join(root, `backups${profile}`),
  };
  mkdirSync(places.home, { recursive: true });
  mkdirSync(places.tree, { recursive: true });
  return {
    root,
    places,
    home: (name) => join(places.home, name),
    tree: (name) => join(places.tree, name),
    pass: (request) => mirrorPass({ places, isMirrored: () => true, trusted: true, ...request }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Writes a file in place, the directories above it too; `age` is how many seconds ago that was. */
export function put(path: string, text: string | Uint8Array, age = 10): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const then = new Date(Date.now() - age * 1000);
  utimesSync(path, then, then);
}

export function text(path: string): string {
  return readFileSync(path, "utf8");
}

/** Every file and directory below one, by relative name; a file with its text, a link as what it says. */
export function everything(root: string, prefix = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(root, prefix)).sort()) {
    const inside = prefix === "" ? name : `${prefix}/${name}`;
    const stat = lstatSync(join(root, inside));
    if (stat.isDirectory()) Object.assign(found, { [`${inside}/`]: "" }, everything(root, inside));
    else if (stat.isSymbolicLink()) found[inside] = `-> ${readlinkSync(join(root, inside))}`;
    else found[inside] = stat.isFile() ? text(join(root, inside)) : "no file";
  }
  return found;
}

/** The texts of all files in quarantine, by kind. */
export function quarantined({ places }: TwoSides): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  if (lstatSync(places.backups, { throwIfNoEntry: false }) === undefined) return found;
  for (const name of readdirSync(places.backups).sort()) {
    const kind = quarantineKind(name);
    if (kind === undefined) continue;
    found[kind] = [...(found[kind] ?? []), text(join(places.backups, name))];
  }
  return found;
}
