import { expect, setDefaultTimeout, test } from "bun:test";
import { type CredentialsDecision, decideCredentials } from "../../src/merge/credentials.ts";
import { fingerprint } from "../../src/merge/judge-credentials.ts";
import { everyState } from "../support/every-state.ts";

/**
 * Every interleaving of the shims and the claudes of one profile over its one token chain, by the enumerator of
 * interleavings.test.ts: the steps are those of credentials.ts and live-credentials.ts, what they decide comes from the
 * real function, and Claude Code refreshes as it was traced: two locks around reading the token and the answer of the server, the
 * storage lock around the write. A shim may be killed at each step, and lose the storage lock at each step while it is
 * stopped. A claude may write with a clock that is behind. All of it with a link in the tree, and with a copy.
 */
setDefaultTimeout(120_000);

type File = { readonly token: number /** An mtime. */; readonly at: number };

type World = {
  readonly time: number;
  /** The newest token that the server gave out; another one ends the chain. */
  readonly newest: number;
  readonly canonical: File;
  /** Where the tree has no link but a copy, that is told by its token from one that a claude wrote. */
  readonly copies: boolean;
  /** Null where the link stands. */
  readonly tree: File | null;
  readonly memory: { readonly canonicalHash: string; readonly history: readonly string[] };
  readonly refreshing: number | null;
  readonly storage: number | null;
  /** The base guard is a kernel lock: a stopped holder keeps it, a dead one does not. */
  readonly guard: number | null;
  readonly actors: readonly Actor[];
  readonly kills: number;
  readonly thefts: number;
  readonly oddClocks: number;
  readonly violation: string | null;
};

type Claude = {
  readonly is: "claude";
  readonly refreshes: number;
  readonly next: "lock" | "ask" | "store" | "write";
  readonly token: number;
};

type Shim = {
  readonly is: "shim";
  /** An open comes before a claude of its own and writes without Claude's locks. */
  readonly passes: readonly ("open" | "live")[];
  readonly next: "look" | "look-guarded" | "lock" | "look-again" | "note" | "canonical" | "link" | "remember";
  readonly canonical?: File;
  readonly tree?: File | null;
  readonly decision?: Decision;
};

/** A decision without its bytes. */
type Decision = { readonly do: string; readonly token: number; readonly historyAfter: readonly string[] };
type Actor = Claude | Shim;

test.each<[string, readonly Actor[], Partial<World>]>([
  ["two claudes and two shims", [claude(1), claude(1), shim("live"), shim("live")], {}],
  ["a shim that is killed anywhere", [claude(2), shim("live", "live"), shim("live")], { kills: 1 }],
  [
    "a shim whose lock is taken while it is stopped",
    [claude(2), shim("live", "live"), shim("live")],
    { thefts: 1 },
  ],
  [
    "a kill, and a clock that is behind",
    [claude(2), shim("live", "live", "live")],
    { kills: 1, oddClocks: 1 },
  ],
  [
    "two shims, and clocks that are behind",
    [claude(2), shim("live", "live"), shim("live", "live")],
    { oddClocks: 2 },
  ],
  ["the next start after a kill", [claude(2), shim("live", "open", "live")], { kills: 1, oddClocks: 1 }],
])("%s: no token is used twice, none is lost", (_name, actors, budget) => {
  for (const copies of [false, true]) walk(actors, budget, copies);
});

function walk(actors: readonly Actor[], budget: Partial<World>, copies: boolean): void {
  const canonical = { token: 1, at: 1 };
  const first: World = {
    time: 2,
    newest: 1,
    canonical,
    copies,
    tree: copies ? canonical : null,
    memory: { canonicalHash: fingerprint(bytesOf(1)), history: [fingerprint(nameOf(1))] },
    refreshing: null,
    storage: null,
    guard: null,
    actors,
    kills: 0,
    thefts: 0,
    oddClocks: 0,
    violation: null,
    ...budget,
  };
  const { states, ends, wrong } = everyState(first, successors, complaints);
  console.log(`logins: ${states} states, ${ends} ends, ${wrong.length} wrong`);
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(ends).toBeGreaterThan(0);
}

function claude(refreshes: number): Claude {
  return { is: "claude", refreshes, next: "lock", token: 0 };
}

function shim(...passes: Shim["passes"]): Shim {
  return { is: "shim", passes, next: "look" };
}

function successors(world: World): World[] {
  if (world.violation !== null) return [];
  return world.actors.flatMap((actor, index) =>
    actor.is === "claude" ? refresh(world, index, actor) : reconcile(world, index, actor),
  );
}

function refresh(world: World, index: number, actor: Claude): World[] {
  if (actor.refreshes === 0) return [];
  const to = (change: Partial<Claude>) => withActor(world, index, { ...actor, ...change });
  switch (actor.next) {
    case "lock":
      return world.refreshing === null ? [{ ...to({ next: "ask" }), refreshing: index }] : [];
    case "ask": {
      const { token } = world.tree ?? world.canonical;
      if (token !== world.newest)
        return [{ ...world, violation: `token ${token} was used when ${world.newest} was out` }];
      return [{ ...to({ next: "store", token: token + 1 }), newest: token + 1 }];
    }
    case "store":
      return takeStorage(world, index).map((taken) => withActor(taken, index, { ...actor, next: "write" }));
    case "write": {
      const written = to({ next: "lock", refreshes: actor.refreshes - 1 });
      const done = { ...written, time: world.time + 1, refreshing: null, storage: freed(world, index) };
      const inTime = { ...done, tree: { token: actor.token, at: world.time } };
      if (world.oddClocks === 0) return [inTime];
      return [inTime, { ...done, tree: { token: actor.token, at: 0 }, oddClocks: world.oddClocks - 1 }];
    }
  }
}

/** The lock of a stopped holder counts as left behind after a while. */
function takeStorage(world: World, index: number): World[] {
  if (world.storage === null) return [{ ...world, storage: index }];
  const holder = world.actors[world.storage];
  if (world.thefts === 0 || holder?.is !== "shim") return [];
  return [{ ...world, storage: index, thefts: world.thefts - 1 }];
}

function freed(world: World, index: number): number | null {
  return world.storage === index ? null : world.storage;
}

function withoutLocks(world: World, index: number): World {
  return { ...world, storage: freed(world, index), guard: world.guard === index ? null : world.guard };
}

function reconcile(world: World, index: number, actor: Shim): World[] {
  const [pass] = actor.passes;
  if (pass === undefined) return [];
  const dead = withActor({ ...withoutLocks(world, index), kills: world.kills - 1 }, index, ended(actor));
  const killed = world.kills > 0 && actor.next !== "look" ? [dead] : [];
  return [...step(world, index, actor), ...killed];
}

function step(world: World, index: number, actor: Shim): World[] {
  const to = (next: Shim["next"], change: Partial<World> = {}, more: Partial<Shim> = {}) =>
    withActor({ ...world, ...change }, index, { ...actor, ...more, next });
  const end = (change: Partial<World> = {}) =>
    withActor({ ...withoutLocks(world, index), ...change }, index, ended(actor));
  const { decision } = actor;
  switch (actor.next) {
    case "look": {
      const isOpen = actor.passes[0] === "open";
      if (isOpen && world.actors.some((other) => other.is === "claude" && other.refreshes > 0)) return [];
      const seen = look(world);
      if (seen.decision.do === "nothing") return [to("look-guarded", {}, seen)];
      if (!isOpen) return [to("lock")];
      return world.guard === null ? [to("note", { guard: index }, seen)] : [];
    }
    case "look-guarded":
      if (world.guard !== null) return [];
      if (look(world).decision.do !== "nothing") return [to("lock")];
      return [end({ memory: remembered(world, look(world).decision) })];
    case "lock":
      return takeStorage(world, index).map((taken) =>
        withActor(taken, index, { ...actor, next: "look-again" }),
      );
    case "look-again": {
      if (world.guard !== null) return [end()];
      const seen = look(world);
      return seen.decision.do === "nothing" ? [end()] : [to("note", { guard: index }, seen)];
    }
    case "note":
      return [to("canonical", { memory: { ...world.memory, history: decision?.historyAfter ?? [] } })];
    case "canonical":
      if (decision?.do !== "adopt") return [to("link")];
      if (world.canonical.token !== actor.canonical?.token) return [end()];
      return [to("link", { canonical: { token: decision.token, at: world.time }, time: world.time + 1 })];
    case "link":
      if (world.tree?.at !== actor.tree?.at || world.tree?.token !== actor.tree?.token) return [end()];
      return [to("remember", shown(world, decision?.token ?? world.canonical.token))];
    case "remember":
      return [end({ memory: remembered(world, decision) })];
  }
}

/** The tree shows the canonical file: by the link, or by a copy that is as old as this moment. */
function shown(world: World, token: number): Partial<World> {
  if (!world.copies) return { tree: null };
  if (world.tree?.token === token) return {};
  return { tree: { token, at: world.time }, time: world.time + 1 };
}

function ended(actor: Shim): Shim {
  return { is: "shim", passes: actor.passes.slice(1), next: "look" };
}

function remembered(world: World, decision: Decision | undefined): World["memory"] {
  return {
    canonicalHash: fingerprint(bytesOf(decision?.token ?? world.canonical.token)),
    history: decision?.historyAfter ?? world.memory.history,
  };
}

function look(world: World): { canonical: File; tree: File | null; decision: Decision } {
  const { canonical, tree, memory } = world;
  const decision = decideCredentials({
    base: memory,
    canonical: { bytes: bytesOf(canonical.token), mtimeNs: BigInt(canonical.at) },
    tree:
      tree === null || tree.token === canonical.token
        ? { kind: "link-ok" }
        : { kind: "file", bytes: bytesOf(tree.token), mtimeNs: BigInt(tree.at) },
    oauthAccountDropped: false,
  });
  return { canonical, tree, decision: withoutBytes(decision, canonical) };
}

function withoutBytes(decision: CredentialsDecision, canonical: File): Decision {
  const token =
    decision.do === "adopt"
      ? Number(/fakeW\.(\d+)/.exec(Buffer.from(decision.bytes).toString())?.[1])
      : canonical.token;
  return { do: decision.do, token, historyAfter: decision.historyAfter };
}

function bytesOf(token: number): Uint8Array {
  return Buffer.from(
    JSON.stringify({ claudeAiOauth: { accessToken: "a", refreshToken: nameOf(token), expiresAt: 1 } }),
  );
}

function nameOf(token: number): string {
  return `sk-ant-ort01-fakeW.${token}`;
}

/** One open in peace, and the canonical login is the newest one, shown by the link. */
function complaints(world: World): string[] {
  if (world.violation !== null) return [world.violation];
  const { decision } = look(world);
  const token = decision.do === "adopt" ? decision.token : world.canonical.token;
  return token === world.newest ? [] : [`token ${token} is kept, the newest is ${world.newest}`];
}

function withActor(world: World, index: number, actor: Actor): World {
  return { ...world, actors: world.actors.map((other, place) => (place === index ? actor : other)) };
}
