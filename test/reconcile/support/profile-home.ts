import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isObject, type Json, type JsonObject, parseJson } from "../../../src/json.ts";
import { log } from "../../../src/log.ts";
import { type Store, storeOf } from "../../../src/paths.ts";
import { type ProfileConfig, parseProfileConfig } from "../../../src/profile/profile-config.ts";
import { parseProfileName } from "../../../src/profile-name.ts";
import type { ProfileSettings } from "../../../src/reconcile/applied-overlays.ts";
import { deletionMemory } from "../../../src/reconcile/deletion-memory.ts";
import { livePass, type Outcome } from "../../../src/reconcile/live-pass.ts";
import { openPass } from "../../../src/reconcile/open-pass.ts";
import type { Moment, Reconciled } from "../../../src/reconcile/pass.ts";
import { type Places, placesOf } from "../../../src/reconcile/places.ts";
import type { LinkMode } from "../../../src/tree/forced-mode.ts";
import { LINK_MODE } from "../../support/link-mode.ts";

/** A temporary HOME with a claude home and the profile `work`, and the passes that bring the two together. */
export type ProfileHome = {
  readonly home: string;
  readonly store: Store;
  readonly places: Places;
  /** What a running shim hands to its passes; one object, so that they remember each other. */
  readonly reconciled: Reconciled;
  /** The pass before a start; alone in the tree and without an overlay where not said otherwise. */
  open(options?: OpenOptions): boolean;
  /** A pass beside a running claude that may be writing. */
  live(options?: Partial<Moment>): Promise<Outcome>;
  /** The pass after the last claude's end. */
  final(): Promise<Outcome>;
  /** Lines of conflicts.jsonl. */
  conflicts(): JsonObject[];
  /** Names in quarantine, without their times. */
  quarantined(): string[];
  logText(): string;
  [Symbol.dispose](): void;
};

export type OpenOptions = Partial<ProfileSettings> & { readonly alone?: boolean };

/** @param mode the link mode of its tree */
export function createProfileHome(
  config: Partial<ProfileConfig> = {},
  mode: LinkMode = LINK_MODE,
): ProfileHome {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "clauth-reconcile-")));
  const store = storeOf({ env: {}, home });
  const places = { ...placesOf(home, store, parseProfileName("work")), mode };
  for (const directory of [places.claude.root, places.paths.runtime, places.paths.base]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  const reconciled: Reconciled = {
    store,
    places,
    config: { ...parseProfileConfig("", "config.toml"), ...config },
    memory: { deletions: deletionMemory(), lastWriteMs: Number.NEGATIVE_INFINITY, sightings: new Map() },
  };
  return {
    home,
    store,
    places,
    reconciled,
    open: ({ overlay = {}, keep = [], alone = true, isolate } = {}) =>
      openPass({
        places,
        settings: { overlay, keep, isolate },
        alone,
        othersWrite: () => false,
        say: (text) => log(store, "work", text),
      }),
    live: (options) => livePass(reconciled, { moment: "running", quiet: () => false, ...options }),
    final: () => livePass(reconciled, { moment: "final", quiet: () => true }),
    conflicts: () => lines(places.paths.conflicts).map((line) => objectIn(line)),
    quarantined: () =>
      names(places.paths.backups).flatMap((name) => /^\d{8}T\d{9}Z-(.+)$/.exec(name)?.[1] ?? []),
    logText: () => lines(store.log).join("\n"),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Writes a file, an object as JSON, with its directories. */
export function put(path: string, content: string | JsonObject): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** Changes some top-level keys of a JSON file in place; undefined removes one. */
export function edit(path: string, changes: Readonly<Record<string, Json | undefined>>): void {
  const kept = Object.entries({ ...read(path), ...changes }).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  writeFileSync(path, JSON.stringify(Object.fromEntries(kept)));
}

export function read(path: string): JsonObject {
  return objectIn(readFileSync(path, "utf8"));
}

/** Path, inode and times of everything below, no link followed: equal lists mean that nothing was written. */
export function everyTrace(...roots: readonly string[]): string[] {
  return roots.flatMap((root) => {
    const stat = lstatSync(root, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return [];
    const trace = `${root} ${stat.ino} ${stat.mtimeNs} ${stat.ctimeNs}`;
    return [
      trace,
      ...(stat.isDirectory()
        ? everyTrace(
            ...readdirSync(root)
              .sort()
              .map((name) => join(root, name)),
          )
        : []),
    ];
  });
}

function objectIn(text: string): JsonObject {
  const value = parseJson(new TextEncoder().encode(text));
  if (!isObject(value)) throw new Error(`not a JSON object: ${text}`);
  return value;
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").trimEnd().split("\n");
  } catch {
    return [];
  }
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
