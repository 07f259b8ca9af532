import { afterEach, describe, expect, setSystemTime, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import fc from "fast-check";
import { testOnlyFaults } from "../../src/disk/disk.ts";
import {
  directoriesOf,
  encodeRestNote,
  isAtRest,
  readRestNote,
  restNotePath,
} from "../../src/reconcile/rest.ts";
import { finalize } from "../../src/session/finalize.ts";
import { ageOf } from "../../src/session/note-rest.ts";
import { releaseRecord } from "../../src/session/record.ts";
import { claudeWrites, loginText } from "../reconcile/support/logins.ts";
import { edit, everyTrace, type ProfileHome, put } from "../reconcile/support/profile-home.ts";
import { LINK_MODE } from "../support/link-mode.ts";
import { createLoggedIn, openAsShim } from "./support/sessions.ts";

describe("a note", () => {
  test("is good for what it saw, and from its own time on", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), (seen, at, later) => {
        expect(isAtRest({ at, files: [], seen }, seen, at + later)).toBe(true);
        expect(isAtRest({ at, files: [], seen }, seen, at - 1 - later)).toBe(false);
      }),
    );
  });

  test("is good for nothing else, and not for what is uncertain", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), fc.nat(), (seen, now, at) => {
        expect(isAtRest({ at, files: [], seen }, now, at)).toBe(seen === now);
      }),
    );
  });

  test("is read as it was written, whatever the names in it", () => {
    using directory = makeDirectory();
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.string({ unit: "binary" })),
        fc.string({ unit: "binary" }),
        (at, files, seen) => {
          writeFileSync(restNotePath(directory), encodeRestNote({ at, files, seen }));
          expect(readRestNote(directory)).toEqual({ at, files, seen });
        },
      ),
    );
  });

  test("of which the end is missing is none", () => {
    using directory = makeDirectory();
    const whole = encodeRestNote({ at: 1, files: ["ü"], seen: "missing" });
    // The last byte is a line end.
    for (let length = 0; length < whole.length - 1; length++) {
      writeFileSync(restNotePath(directory), whole.subarray(0, length));
      expect(readRestNote(directory)).toBeUndefined();
    }
  });

  test("is made where every later change has a later time", () => {
    const second = 1_000_000_000n;
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 4n * second }),
        fc.bigInt({ min: 1n, max: 4n * second }),
        (a, b) => {
          const age = ageOf({ dev: 1n, ctimeNs: a }, { dev: 1n, ns: b });
          expect(age).toBe(a % second === 0n ? "untold" : a < b ? "older" : "young");
          expect(ageOf({ dev: 2n, ctimeNs: a }, { dev: 1n, ns: b })).toBe("untold");
        },
      ),
    );
    expect(ageOf(undefined, { dev: 1n, ns: 1n })).toBe("older");
  });
});

/** What is copied has no links whose directories could vouch for them. */
const describeLinks = describe.skipIf(LINK_MODE !== "symlink");

afterEach(() => void setSystemTime());

/** A profile whose last session ended with nothing left to do. */
async function atRest(): Promise<ProfileHome> {
  const box = createLoggedIn();
  const { claude, treeJson } = box.places;
  put(join(claude.root, "CLAUDE.md"), "mine");
  put(join(claude.root, "state", "shared.json"), "{}");
  put(join(claude.root, "plugins", "installed_plugins.json"), "{}");
  put(box.places.paths.config, "");
  const first = openAsShim(box);
  edit(treeJson, { numStartups: 2 });
  await finalize(first, undefined);
  expect(opensAtRest(box)).toBe(true);
  return box;
}

function opensAtRest(box: ProfileHome, context: Parameters<typeof openAsShim>[1] = {}): boolean {
  const session = openAsShim(box, context);
  releaseRecord(session.record);
  return session.atRest;
}

describeLinks("a tree at rest", () => {
  test("is known by all that the passes of an open look at", async () => {
    using box = await atRest();
    const atRestPaths = await asked(async () => releaseRecord(openAsShim(box).record));
    unlinkSync(restNotePath(box.places.paths));
    const all = await asked(async () => releaseRecord(openAsShim(box).record));
    const { sessions } = box.places.paths;
    const covered = [...directoriesOf(box.places), sessions];
    const unseen = [...all].filter((path) => !atRestPaths.has(path) && !covered.includes(dirname(path)));
    // What killed processes left there, where the note lies, the guard, and who lives in the tree: no pass goes by any of it at rest.
    expect(unseen.map((path) => relative(box.home, path)).sort()).toMatchInlineSnapshot(`
      [
        ".clauth/profiles/work",
        ".clauth/profiles/work/backups",
        ".clauth/profiles/work/base",
        ".clauth/profiles/work/base/.lock",
        ".clauth/profiles/work/runtime/daemon/roster.json",
      ]
    `);
  });

  test("is opened without a look at its names, and nothing is written from the first look to the last", async () => {
    using box = await atRest();
    const isSessions = (trace: string) => trace.startsWith(`${box.places.paths.sessions} `);
    const traces = () => everyTrace(box.home).filter((trace) => !isSessions(trace));
    const before = traces();
    const listed: string[] = [];
    {
      using _ = testOnlyFaults((real) => ({
        listEntries: (path) => {
          listed.push(path);
          return real.listEntries(path);
        },
      }));
      await finalize(openAsShim(box), undefined);
    }
    expect(listed).toEqual([]);
    expect(traces()).toEqual(before);
  });

  test("is one after a session in which claude wrote, and after one that was opened with a change", async () => {
    using box = await atRest();
    for (const round of [1, 2, 3]) {
      const session = openAsShim(box);
      expect(session.atRest).toBe(true);
      edit(box.places.treeJson, { numStartups: round });
      edit(box.places.treeSettings, { theme: `theme-${round}` });
      await finalize(session, undefined);
    }
    put(join(box.places.claude.root, "new.md"), "new");
    expect(opensAtRest(box)).toBe(false);
    await finalize(openAsShim(box), undefined);
    expect(opensAtRest(box)).toBe(true);
  });

  test("is one again after a token was rotated", async () => {
    using box = await atRest();
    const session = openAsShim(box);
    claudeWrites(box.places, loginText("A", 2));
    await finalize(session, undefined);
    expect(readFileSync(box.places.paths.credentials, "utf8")).toBe(loginText("A", 2));
    expect(opensAtRest(box)).toBe(true);
  });

  test("is none while something was left to be carried", async () => {
    using box = await atRest();
    const session = openAsShim(box);
    // Another claude lives and may be writing ~/.claude.json: the base waits.
    put(join(box.places.claude.root, "sessions", `${process.pid}.json`), "{}");
    edit(box.places.treeJson, { numStartups: 3 });
    await finalize(session, undefined);
    expect(opensAtRest(box)).toBe(false);
  });

  test("is looked at name by name where CLAUTH_LINK_MODE, the program or its boot is another", async () => {
    using box = await atRest();
    const copy = join(box.home, "bun");
    writeFileSync(copy, "another build");
    expect(opensAtRest(box, { executable: copy })).toBe(false);
    expect(opensAtRest(box)).toBe(true);
    const note = readFileSync(restNotePath(box.places.paths), "utf8");
    changeNote(box, () => note.replace(/"[0-9a-f]{8}-[0-9a-f-]{27}\\"/, '"00000000\\"'));
    expect(opensAtRest(box)).toBe(false);
    changeNote(box, () => note);
    expect(opensAtRest(box)).toBe(true);
    expect(opensAtRest(box, { env: { CLAUTH_LINK_MODE: "symlink" } })).toBe(false);
  });
});

function makeDirectory(): Disposable & { readonly base: string } {
  const base = mkdtempSync(join(tmpdir(), "clauth-rest-"));
  return { base, [Symbol.dispose]: () => rmSync(base, { recursive: true }) };
}

/** Every path that is asked about meanwhile. */
async function asked(body: () => Promise<void>): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  const noting =
    <Args extends readonly unknown[], T>(call: (path: string, ...args: Args) => T) =>
    (path: string, ...args: Args): T => {
      paths.add(path);
      return call(path, ...args);
    };
  using _ = testOnlyFaults((real) => ({
    open: noting(real.open),
    stat: noting(real.stat),
    statIfThere: noting(real.statIfThere),
    lstat: noting(real.lstat),
    lstatIfThere: noting(real.lstatIfThere),
    glance: noting(real.glance),
    isOpenAt: noting(real.isOpenAt),
    version: noting(real.version),
    readlink: noting(real.readlink),
    realpath: noting(real.realpath),
    list: noting(real.list),
    listEntries: noting(real.listEntries),
  }));
  await body();
  return paths;
}

/** Each leaves the tree in another state than the one that was noted, and most of them would be missed by a look at sizes. */
const CHANGES: Readonly<Record<string, (box: ProfileHome) => void>> = {
  "an entry of claude home that is new": ({ places }) => put(join(places.claude.root, "new.md"), "x"),
  "an entry of claude home that is gone": ({ places }) => unlinkSync(join(places.claude.root, "CLAUDE.md")),
  "an entry of claude home with another name": ({ places }) =>
    renameSync(join(places.claude.root, "CLAUDE.md"), join(places.claude.root, "CLAUDE.mx")),
  "an entry of the tree that is new": ({ places }) => put(join(places.paths.runtime, "new.md"), "x"),
  "a link of the tree that is gone": ({ places }) => unlinkSync(join(places.paths.runtime, "CLAUDE.md")),
  "a link of the tree that became a file": ({ places }) => {
    unlinkSync(join(places.paths.runtime, "CLAUDE.md"));
    put(join(places.paths.runtime, "CLAUDE.md"), "mine");
  },
  "a link of the tree that leads elsewhere": ({ places }) => {
    const link = join(places.paths.runtime, "CLAUDE.md");
    unlinkSync(link);
    symlinkSync(join(places.claude.root, "CLAUDE.xx"), link);
  },
  "a link of the tree that was renamed over": ({ places }) => {
    const link = join(places.paths.runtime, "CLAUDE.md");
    symlinkSync(join(places.claude.root, "CLAUDE.xx"), `${link}.new`);
    renameSync(`${link}.new`, link);
  },
  "an entry within a directory that is shared in part": ({ places }) =>
    put(join(places.claude.root, "state", "new.json"), "{}"),
  "a link within such a directory of the tree": ({ places }) =>
    unlinkSync(join(places.paths.runtime, "state", "shared.json")),
  "a claude home that is another directory": ({ places }) => replaced(places.claude.root),
  "a tree that is another directory": ({ places }) => replaced(places.paths.runtime),
  "a tree that was made anew": ({ places }) => rmSync(places.paths.runtime, { recursive: true }),
  "another owner's rights at claude home": ({ places }) => chmodSync(places.claude.root, 0o750),
  "what the profile isolates": ({ places }) =>
    writeFileSync(places.paths.config, 'isolate = ["CLAUDE.md"]\n'),
  "a config.toml that is gone": ({ places }) => unlinkSync(places.paths.config),
  "the login": ({ places }) => writeFileSync(places.paths.credentials, loginText("B")),
  "the login's link": ({ places }) => {
    unlinkSync(places.treeCredentials);
    writeFileSync(places.treeCredentials, loginText("A"));
  },
  "the login of claude home": ({ places }) => put(places.claude.credentials, loginText("H")),
  "a rotation that was not finished": ({ places }) =>
    writeFileSync(places.paths.pendingCredentials, loginText("A", 2), { mode: 0o600 }),
  "the settings of claude home, in place": ({ places }) => edit(places.claude.settings, { theme: "dusk" }),
  "the settings of the tree": ({ places }) => unlinkSync(places.treeSettings),
  "~/.claude.json": ({ places }) => edit(places.homeJson, { numStartups: 99 }),
  "the tree's .claude.json": ({ places }) => truncateSync(places.treeJson, 0),
  "a legacy .config.json of claude home": ({ places }) => put(places.claude.legacyJson, { numStartups: 9 }),
  "a file that the manifest describes, in place": ({ places }) =>
    writeFileSync(join(places.claude.root, "CLAUDE.md"), "Mine"),
  "a file with paths into the tree, in place": ({ places }) =>
    writeFileSync(join(places.claude.root, "plugins", "installed_plugins.json"), "[]"),
  "the mark of the tree": ({ places }) => writeFileSync(places.treeToken, "another"),
  ...Object.fromEntries(
    ["index.json", "overlay.json", "credentials.json", "manifest.json"].flatMap((name) => [
      [`base/${name}, which is gone`, ({ places }: ProfileHome) => unlinkSync(join(places.paths.base, name))],
      [
        `base/${name}, which is damaged`,
        ({ places }: ProfileHome) => truncateSync(join(places.paths.base, name), 7),
      ],
    ]),
  ),
  "the note, which is gone": ({ places }) => unlinkSync(restNotePath(places.paths)),
  "the note, which was cut off": ({ places }) => truncateSync(restNotePath(places.paths), 99),
  "the note, which was zeroed": ({ places }) => truncateSync(restNotePath(places.paths), 0),
  "the note, which is no file": ({ places }) => {
    unlinkSync(restNotePath(places.paths));
    mkdirSync(restNotePath(places.paths));
  },
  "the note, which has other signatures": (box) => changeNote(box, (note) => note.replace("missing", "")),
  "the note, which has fewer": (box) => changeNote(box, (note) => note.replace(/ [0-9a-f]{64,}/, "")),
  "a clock that was set back": () => void setSystemTime(Date.now() - 3_600_000),
};

describeLinks("a change is seen by the next start", () => {
  for (const [what, change] of Object.entries(CHANGES)) {
    test(`${what}`, async () => {
      using box = await atRest();
      // At once, within the same tick of the clock as the note's last look where the machine is fast enough.
      change(box);
      const session = openAsShim(box);
      expect(session.atRest).toBe(false);
      releaseRecord(session.record);
    });
  }

  test("and is made up for: what was added is linked, and what led elsewhere leads home", async () => {
    using box = await atRest();
    const { claude, paths } = box.places;
    put(join(claude.root, "new.md"), "new");
    unlinkSync(join(paths.runtime, "CLAUDE.md"));
    await finalize(openAsShim(box), undefined);
    for (const name of ["new.md", "CLAUDE.md"])
      expect(readlinkSync(join(paths.runtime, name))).toBe(join(claude.root, name));
  });

  test("in the moment after the session's end too, thirty times", async () => {
    using box = await atRest();
    const { claude, paths } = box.places;
    for (let round = 0; round < 30; round++) {
      const name = `entry-${round}`;
      const session = openAsShim(box);
      edit(box.places.treeJson, { numStartups: round });
      await finalize(session, undefined);
      mkdirSync(join(claude.root, name));
      const next = openAsShim(box);
      expect(next.atRest).toBe(false);
      expect(readdirSync(paths.runtime)).toContain(name);
      await finalize(next, undefined);
      unlinkSync(join(paths.runtime, name));
      expect(opensAtRest(box)).toBe(false);
    }
  }, 60_000);

  test("where the file system's clock stands still: then nothing is noted", async () => {
    using box = await atRest();
    const note = restNotePath(box.places.paths);
    put(join(box.places.claude.root, "before.md"), "x");
    {
      using _ = stoppedClock(note);
      await finalize(openAsShim(box), undefined);
    }
    expect(readFileSync(note, "utf8")).toBe("\n");
    expect(opensAtRest(box)).toBe(false);
  });

  test.each(["homeJson", "treeJson", "treeSettings"] as const)(
    "where %s changed in this tick of the clock, and may do so again: then nothing is noted",
    async (document) => {
      using box = await atRest();
      put(join(box.places.claude.root, "before.md"), "x");
      {
        using _ = changingNow(box.places[document]);
        await finalize(openAsShim(box), undefined);
      }
      expect(readFileSync(restNotePath(box.places.paths), "utf8")).toBe("\n");
    },
  );
});

/** Whoever asks about this path hears that it changed right now. */
function changingNow(path: string): Disposable {
  const now = { ctimeNs: { value: BigInt(Date.now() + 60_000) * 1_000_000n + 1n } };
  return testOnlyFaults((real) => ({
    statIfThere: (asked) => {
      const stats = real.statIfThere(asked);
      return asked === path && stats !== undefined ? Object.create(stats, now) : stats;
    },
  }));
}

/** Whoever asks a file of this path for the time hears of one long ago. */
function stoppedClock(path: string): Disposable {
  let asked: number | undefined;
  return testOnlyFaults((real) => ({
    open: (opened, flags, mode) => {
      const descriptor = real.open(opened, flags, mode);
      if (opened === path) asked = descriptor;
      return descriptor;
    },
    statOpen: (descriptor) => {
      const stats = real.statOpen(descriptor);
      return descriptor === asked ? Object.create(stats, { mtimeNs: { value: 1n } }) : stats;
    },
  }));
}

function replaced(directory: string): void {
  cpSync(directory, `${directory}.copy`, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
  });
  renameSync(directory, `${directory}.old`);
  renameSync(`${directory}.copy`, directory);
}

function changeNote({ places }: ProfileHome, change: (note: string) => string): void {
  const path = restNotePath(places.paths);
  const before = readFileSync(path, "utf8");
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
}
