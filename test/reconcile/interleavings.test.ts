import { expect, setDefaultTimeout, test } from "bun:test";
import type { FileContent } from "../../src/disk/read-file.ts";
import { equalJson, type JsonObject } from "../../src/json.ts";
import { freshBase } from "../../src/merge/fresh-base.ts";
import { type Deletion, mergeObjects } from "../../src/merge/three-way.ts";
import { storeOf } from "../../src/paths.ts";
import { parseProfileName } from "../../src/profile-name.ts";
import { deletionMemory } from "../../src/reconcile/deletion-memory.ts";
import { type DeletionPolicy, type DocumentSide, decideDocument } from "../../src/reconcile/document.ts";
import { documentKinds } from "../../src/reconcile/kinds.ts";
import { placesOf } from "../../src/reconcile/places.ts";
import { everyState } from "../support/every-state.ts";

/**
 * Every interleaving of two clauth sessions and an outside writer, by a hand-made enumerator: the steps of a pass are those of
 * document-pass.ts, live-pass.ts and open-pass.ts (look, lock, look again, write the tree, write home, look once more, let the
 * base follow), what they decide comes from the real functions, and files, locks and kills are in memory. A write exchanges two
 * names as replace-judged.ts does, looks at what came out, and puts back what nobody judged, while others go on writing.
 * Claude Code reads and writes a document whole and without any lock, which is its worst. Of time it is assumed that Claude's
 * reading and writing are less than SETTLE_MS apart, and of the microseconds between an exchange and its putting back that nobody is
 * killed in them, and that who reads in them writes in them or not at all.
 */
setDefaultTimeout(300_000);

type Document = {
  readonly value: JsonObject;
  /** Counts the writes of this world: an mtime, which also tells one file from another. */
  readonly at: number;
  /** When it got its name once more, by being put back: a ctime. */
  readonly since?: number;
};

type Moment = "open" | "running" | "final";

type Shim = {
  readonly is: "shim";
  readonly profile: string;
  /** The passes still to be made, the current one first. */
  readonly passes: readonly Moment[];
  readonly next:
    | "look"
    | "lock"
    | "look-again"
    | "note"
    | "write-tree"
    | "write-home"
    | "put-back"
    | "bring-back"
    | "write-brought"
    | "give-back"
    | "settle"
    | "look-after";
  /** What the last look read and decided. */
  readonly home?: Document;
  readonly tree?: Document;
  readonly toHome?: JsonObject | undefined;
  readonly toTree?: JsonObject | undefined;
  readonly base?: JsonObject;
  readonly merges?: readonly JsonObject[];
  /** What came out of an exchange and was not what had been read. */
  readonly surprise?: Surprise;
  /** What was displaced for good, merged into what stands there now. */
  readonly brought?: Write;
  /** Its version was at the tree's name, if only for a moment. */
  readonly gaveTree?: boolean;
  /** An open whose base may follow. */
  readonly stood?: boolean;
  /** Versions in which keys were first seen to be missing. */
  readonly missing: Readonly<Record<string, number>>;
};

type Write = { readonly side: "tree" | "home"; readonly value: JsonObject; readonly judged: Document };

type Surprise = {
  readonly side: "tree" | "home";
  /** At the temporary name now. */
  readonly out: Document;
  /** What we have put in its place, the first time and last. */
  readonly ours: number;
  readonly placed: number;
  /** What was to be replaced. */
  readonly judged: Document;
};

type Writer = {
  readonly is: "writer";
  /** "home" for plain claude; a profile for the claude of its session. */
  readonly on: string;
  readonly edits: readonly Edit[];
  readonly read?: Document | undefined;
};

type Edit = { readonly set: string; readonly to?: number } | { readonly remove: string };
type Actor = Shim | Writer;

type World = {
  readonly time: number;
  readonly home: Document;
  readonly trees: Readonly<Record<string, Document>>;
  readonly bases: Readonly<Record<string, JsonObject>>;
  /** What the latest merges were to leave, as long as the base may not follow. */
  readonly merges: Readonly<Record<string, readonly JsonObject[]>>;
  /** Who holds `.claude.json.lock` of home, and each profile's base guard. */
  readonly locks: Readonly<Record<string, number>>;
  readonly actors: readonly Actor[];
  readonly kills: number;
};

const COMMON = { projects: {}, a: 1, b: 1, c: 1, d: 1 };

test("two profiles and plain claude: no update is lost, whatever the order", () => {
  const result = explore({
    trees: { P: { ...COMMON, p: 1 }, Q: { ...COMMON, q: 1 } },
    actors: [
      shim("P", ["running", "final"]),
      shim("Q", ["running", "final"]),
      writer("home", { set: "w" }, { remove: "d" }),
    ],
  });
  expect(result.wrong).toEqual([]);
});

test("two shims of one profile, its claude and plain claude: no update is lost, whatever the order", () => {
  const result = explore({
    trees: { P: { ...COMMON, p: 1 } },
    actors: [
      shim("P", ["running", "final"]),
      shim("P", ["running", "final"]),
      writer("P", { set: "t" }),
      writer("home", { set: "w" }),
    ],
  });
  expect(result.wrong).toEqual([]);
});

test("sessions that follow each other, with a kill anywhere: no update is lost", () => {
  const result = explore({
    kills: 1,
    trees: { P: { ...COMMON, p: 1 }, Q: { ...COMMON, q: 1 } },
    actors: [
      shim("P", ["final", "open", "final"]),
      shim("Q", ["open", "final"]),
      writer("home", { set: "w" }),
    ],
  });
  expect(result.wrong).toEqual([]);
});

test("edits of one key in a session, while others write home: the last one stands", () => {
  const result = explore({
    trees: { P: COMMON, Q: { ...COMMON, q: 1 } },
    actors: [
      shim("P", ["running", "running", "final"]),
      shim("Q", ["final"]),
      writer("P", { set: "a", to: 2 }, { set: "a", to: 3 }),
    ],
  });
  expect(result.wrong).toEqual([]);
});

test("edits of one key at home, while the tree is written and a shim is killed: the last one stands", () => {
  const result = explore({
    kills: 1,
    trees: { P: { ...COMMON, p: 1 } },
    actors: [
      shim("P", ["running", "running", "final"]),
      writer("P", { set: "t" }, { set: "u" }),
      writer("home", { set: "a", to: 2 }, { set: "a", to: 3 }),
    ],
  });
  expect(result.wrong).toEqual([]);
});

function shim(profile: string, passes: readonly Moment[]): Shim {
  return { is: "shim", profile, passes, next: "look", missing: {} };
}

function writer(on: string, ...edits: readonly Edit[]): Writer {
  return { is: "writer", on, edits };
}

type Setting = {
  readonly trees: Readonly<Record<string, JsonObject>>;
  readonly actors: readonly Actor[];
  readonly kills?: number;
};

/** Walks through every state that can be reached; each one where nobody has anything left to do is judged. */
function explore({ trees, actors, kills = 0 }: Setting): { readonly wrong: readonly string[] } {
  const first: World = {
    time: 2,
    home: { value: COMMON, at: 0 },
    trees: mapValues(trees, (value) => ({ value, at: 1 })),
    bases: mapValues(trees, () => COMMON),
    merges: {},
    locks: {},
    actors,
    kills,
  };
  const { states, ends, wrong } = everyState(first, successors, (end) => complaints(end, first));
  console.log(`interleavings: ${states} states, ${ends} ends, ${wrong.length} wrong`);
  return { wrong: wrong.slice(0, 5) };
}

function successors(world: World): World[] {
  return world.actors.flatMap((actor, index) => {
    if (actor.is === "writer") return write(world, index, actor);
    if (actor.passes.length === 0) return [];
    const killed = world.kills > 0 && isKillable(actor) ? [kill(world, index, actor)] : [];
    return [...step(world, index, actor), ...killed];
  });
}

/** Claude Code's own edit: it reads, and some time later writes what it read with its change. */
function write(world: World, index: number, actor: Writer): World[] {
  const [edit, ...edits] = actor.edits;
  if (edit === undefined) return [];
  const document = documentOf(world, actor.on);
  if (actor.read === undefined) {
    const reading = { ...actor, read: { ...document, at: world.time } };
    const read = withActor(world, index, reading);
    return isExposed(world, actor.on) ? write(read, index, reading) : [read];
  }
  const value =
    "set" in edit
      ? { ...actor.read.value, [edit.set]: edit.to ?? 1 }
      : without(actor.read.value, edit.remove);
  return [withDocument(withActor(world, index, { ...actor, edits, read: undefined }), actor.on, value)];
}

/** Ours stands where it is to be put back. */
function isExposed(world: World, name: string): boolean {
  return world.actors.some(
    (actor) =>
      actor.is === "shim" &&
      actor.next === "put-back" &&
      actor.surprise !== undefined &&
      nameOf(actor, actor.surprise.side) === name,
  );
}

function step(world: World, index: number, actor: Shim): World[] {
  const [moment] = actor.passes;
  const to = (next: Shim["next"], more: Partial<Shim> = {}) =>
    withActor(world, index, { ...actor, ...more, next });
  if (moment !== "running" && actor.next === "look" && claudeLives(world, actor)) return [];
  switch (actor.next) {
    case "look": {
      const look = lookAt(world, actor);
      if (moment === "open") return beginOpen(world, index, { ...actor, ...look });
      return [to(look.toHome === undefined && look.toTree === undefined ? "settle" : "lock", look)];
    }
    case "lock": {
      const locks = ["home", actor.profile];
      if (locks.some((name) => world.locks[name] !== undefined)) return [];
      const held = Object.fromEntries(locks.map((name) => [name, index]));
      return [{ ...to("look-again"), locks: { ...world.locks, ...held } }];
    }
    case "look-again":
      return [to("note", lookAt(world, actor))];
    case "note":
      return [
        withMerges(to("write-tree"), actor.profile, [...mergesOf(world, actor.profile), mergeOf(actor)]),
      ];
    case "write-tree": {
      const next = moment !== "open" ? "write-home" : actor.stood === true ? "look-after" : "give-back";
      if (actor.toTree === undefined || actor.tree === undefined) return [to(next)];
      return exchange(world, index, actor, { side: "tree", value: actor.toTree, judged: actor.tree }, next);
    }
    case "write-home": {
      if (actor.toHome === undefined || actor.home === undefined) return [to("give-back")];
      const write = { side: "home", value: actor.toHome, judged: actor.home } as const;
      return exchange(world, index, actor, write, "give-back");
    }
    case "put-back":
      return [putBack(world, index, actor)];
    case "bring-back":
      return [bringBack(world, index, actor)];
    case "write-brought":
      if (actor.brought === undefined) return [giveUp(world, index, actor)];
      return exchange(world, index, actor, actor.brought, "give-back");
    case "give-back": {
      const locks = mapWithout(world.locks, index);
      return moment === "open"
        ? [withActor({ ...world, locks }, index, endOfPass(actor))]
        : [{ ...to("settle"), locks }];
    }
    case "settle":
      return settle(world, index, actor);
    case "look-after":
      return [withBase(to("give-back"), actor.profile)];
  }
}

/** Under the state lock, alone in the tree, with the base guard held. Home is left for the pass after it. */
function beginOpen(world: World, index: number, actor: Shim): World[] {
  if (world.locks[actor.profile] !== undefined) return [];
  const guarded = { ...world, locks: { ...world.locks, [actor.profile]: index } };
  const begun = (stood: boolean) =>
    withActor(guarded, index, {
      ...actor,
      toHome: undefined,
      stood,
      next: stood && actor.toTree === undefined ? "look-after" : "note",
    });
  return haveStood(world, actor.profile) ? [begun(false), begun(true)] : [begun(false)];
}

/**
 * The names are exchanged, and what comes out is what was read; else that was seen right before, and nothing was exchanged, or it
 * is put back.
 */
function exchange(world: World, index: number, before: Shim, write: Write, next: Shim["next"]): World[] {
  const { side, value, judged } = write;
  const actor = side === "tree" ? { ...before, gaveTree: true } : before;
  const name = nameOf(actor, side);
  const out = documentOf(world, name);
  const exchanged = withDocument(world, name, value);
  if (out.at === judged.at) return [withActor(exchanged, index, { ...actor, next })];
  const surprise = { side, out, ours: world.time, placed: world.time, judged };
  return [
    giveUp(world, index, before),
    withActor(exchanged, index, { ...actor, surprise, next: "put-back" }),
  ];
}

function putBack(world: World, index: number, actor: Shim): World {
  const { surprise } = actor;
  if (surprise === undefined) throw new Error("nothing came out");
  const { side, out, ours, placed } = surprise;
  const name = nameOf(actor, side);
  const came = documentOf(world, name);
  const after = withPlaced(world, name, { ...out, since: world.time });
  if (came.at !== placed)
    return withActor(after, index, { ...actor, surprise: { ...surprise, out: came, placed: out.at } });
  if (placed === ours) return giveUp(after, index, actor);
  return withActor(after, index, { ...actor, surprise: { ...surprise, out: came }, next: "bring-back" });
}

/** What displaced a first write was written after a look at ours: the first one is merged into it. */
function bringBack(world: World, index: number, actor: Shim): World {
  const { surprise } = actor;
  if (surprise === undefined) throw new Error("nothing was displaced");
  const { side, out, judged } = surprise;
  const now = documentOf(world, nameOf(actor, side));
  const sides = { base: judged.value, home: now.value, tree: out.value } as const;
  const deletion = ({ missingOn }: Deletion) => (missingOn === "home" ? "carry" : "restore");
  const { home: value } = mergeObjects({ ...sides, later: "home", deletion });
  if (equalJson(value, now.value)) return giveUp(world, index, actor);
  const brought = { side, value, judged: now };
  return withActor(takenBack(world, actor), index, { ...actor, brought, next: "write-brought" });
}

/** The pass fails, retry-safe. */
function giveUp(world: World, index: number, actor: Shim): World {
  const { surprise: _, brought: __, ...rest } = actor;
  return withActor(takenBack(world, actor), index, { ...rest, next: "give-back" });
}

/** What a pass that fails noted, unless the tree was given it. */
function takenBack(world: World, { profile, merges, gaveTree }: Shim): World {
  return gaveTree === true ? world : withMerges(world, profile, merges ?? []);
}

function nameOf({ profile }: Shim, side: "tree" | "home"): string {
  return side === "home" ? "home" : profile;
}

/** Either the time is not there yet, or it is: then nobody still holds what he read before a write of ours. */
function settle(world: World, index: number, actor: Shim): World[] {
  const skipped = withActor(world, index, endOfPass(actor));
  if (world.locks[actor.profile] !== undefined) return [];
  return haveStood(world, actor.profile) ? [skipped, withBase(skipped, actor.profile)] : [skipped];
}

/** Both sides have stood for SETTLE_MS: who read one of them before its last write has written by now. */
function haveStood(world: World, profile: string): boolean {
  return (
    !isExposed(world, "home") &&
    !isExposed(world, profile) &&
    world.actors.every(
      (actor) =>
        actor.is !== "writer" ||
        actor.read === undefined ||
        (actor.on !== "home" && actor.on !== profile) ||
        actor.read.at > sinceOf(documentOf(world, actor.on)),
    )
  );
}

function sinceOf({ at, since = at }: Document): number {
  return since;
}

function endOfPass(actor: Shim): Shim {
  const { profile, passes, missing } = actor;
  return { is: "shim", profile, passes: passes.slice(1), next: "look", missing };
}

/** The kernel frees what is ours; Claude's lock counts as left behind after a while. */
function kill(world: World, index: number, actor: Shim): World {
  const dead = withActor(world, index, { ...endOfPass(actor), missing: {} });
  return { ...dead, kills: world.kills - 1, locks: mapWithout(world.locks, index) };
}

function isKillable({ next }: Shim): boolean {
  return !["look", "put-back", "bring-back", "write-brought"].includes(next);
}

/** A final pass and an open come when the session's own claude is gone. */
function claudeLives(world: World, { profile }: Shim): boolean {
  return world.actors.some(
    (actor) => actor.is === "writer" && actor.on === profile && actor.edits.length > 0,
  );
}

const PLACES = placesOf("/nowhere", storeOf({ env: {}, home: "/nowhere" }), parseProfileName("p"));
const [KIND] = documentKinds(PLACES, { overlay: {}, applied: [], keep: [] });

function lookAt(world: World, actor: Shim): Partial<Shim> {
  const [moment] = actor.passes;
  const [home, tree] = [world.home, documentOf(world, actor.profile)];
  const memory = deletionMemory();
  const missing: Record<string, number> = {};
  const decision = decide(world, actor.profile, (deletion, stat) => {
    if (moment !== "running") return "carry";
    const name = `${deletion.missingOn} ${deletion.key.join(".")}`;
    const first = actor.missing[name] ?? Number(stat?.mtimeNs);
    missing[name] = first;
    memory.choose("claude.json", deletion, statOf(first));
    return memory.choose("claude.json", deletion, stat);
  });
  const [base, merges] = [baseOf(world, actor.profile), mergesOf(world, actor.profile)];
  return { home, tree, base, merges, toHome: decision.home, toTree: decision.tree, missing };
}

function decide(world: World, profile: string, deletion: DeletionPolicy) {
  if (KIND === undefined) throw new Error("there is no document");
  return decideDocument(KIND, {
    base: baseOf(world, profile),
    home: sideOf(world.home),
    tree: sideOf(documentOf(world, profile)),
    account: undefined,
    rebuild: false,
    deletion,
  });
}

function sideOf({ value, at }: Document): DocumentSide {
  return { kind: "ok", value, content: { bytes: new Uint8Array(), stat: statOf(at) } };
}

function statOf(at: number): FileContent["stat"] {
  return { dev: 1n, ino: 1n, size: 1n, mtimeNs: BigInt(at), ctimeNs: 0n, mode: 0o600, uid: 0 };
}

function mergesOf(world: World, profile: string): readonly JsonObject[] {
  return world.merges[profile] ?? [];
}

function baseOf(world: World, profile: string): JsonObject {
  const [base, merges] = [world.bases[profile] ?? {}, mergesOf(world, profile)];
  if (merges.length === 0) return base;
  return freshBase({ base, merges, home: world.home.value, tree: documentOf(world, profile).value });
}

/** What carryOutFresh notes. */
function mergeOf({ base, home, tree, toHome, toTree }: Shim): JsonObject {
  if (KIND === undefined || base === undefined || home === undefined || tree === undefined)
    throw new Error("a merge comes after a look");
  return KIND.agreed(base, toHome ?? home.value, toTree ?? tree.value);
}

function withMerges(world: World, profile: string, merges: readonly JsonObject[]): World {
  return { ...world, merges: { ...world.merges, [profile]: merges.slice(-8) } };
}

/** What advanceBase writes. */
function withBase(world: World, profile: string): World {
  if (KIND === undefined) return world;
  const base = KIND.agreed(baseOf(world, profile), world.home.value, documentOf(world, profile).value);
  const { [profile]: _, ...merges } = world.merges;
  return { ...world, bases: { ...world.bases, [profile]: base }, merges };
}

/** Nobody writes any more: each profile is opened and closed until nothing changes. Then all agree, and nothing is missing. */
function complaints(world: World, first: World): string[] {
  let now = world;
  for (let round = 0; round < 3; round++) {
    for (const profile of Object.keys(now.trees)) {
      const { home, tree } = decide(now, profile, () => "carry");
      if (tree !== undefined) now = withDocument(now, profile, tree);
      if (home !== undefined) now = withDocument(now, "home", home);
      now = withBase(now, profile);
    }
  }
  const expected = expectedOf(first);
  return [["home", now.home] as const, ...Object.entries(now.trees)].flatMap(([name, { value }]) =>
    equalJson(value, expected)
      ? []
      : [`${name} holds ${JSON.stringify(value)}, not ${JSON.stringify(expected)}`],
  );
}

function expectedOf({ trees, actors }: World): JsonObject {
  const edits = actors.flatMap((actor) => (actor.is === "writer" ? actor.edits : []));
  let value: JsonObject = Object.assign({}, ...Object.values(trees).map((tree) => tree.value));
  for (const edit of edits)
    value = "set" in edit ? { ...value, [edit.set]: edit.to ?? 1 } : without(value, edit.remove);
  return value;
}

function documentOf(world: World, name: string): Document {
  const document = name === "home" ? world.home : world.trees[name];
  if (document === undefined) throw new Error(`no document of ${name}`);
  return document;
}

function withDocument(world: World, name: string, value: JsonObject): World {
  return withPlaced(world, name, { value, at: world.time });
}

function withPlaced(world: World, name: string, document: Document): World {
  const after = { ...world, time: world.time + 1 };
  return name === "home"
    ? { ...after, home: document }
    : { ...after, trees: { ...world.trees, [name]: document } };
}

function withActor(world: World, index: number, actor: Actor): World {
  return { ...world, actors: world.actors.map((other, place) => (place === index ? actor : other)) };
}

function without(value: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}

function mapValues<T, U>(values: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}

function mapWithout(locks: Readonly<Record<string, number>>, holder: number): Record<string, number> {
  return Object.fromEntries(Object.entries(locks).filter(([, index]) => index !== holder));
}
