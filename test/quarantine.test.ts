import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { testOnlyFaults, testOnlyWithFaults } from "../src/disk/disk.ts";
import {
  keepForQuarantine,
  pruneQuarantine,
  quarantineCopy,
  quarantineFile,
  quarantineKind,
  recordConflicts,
} from "../src/quarantine.ts";

let root: string;
let paths: { backups: string; conflicts: string };
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "clauth-quarantine-"));
  paths = { backups: join(root, "backups"), conflicts: join(root, "backups", "conflicts.jsonl") };
});
afterEach(() => rmSync(root, { recursive: true }));

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function login(account: string | undefined, token: string): Uint8Array {
  return bytes(
    JSON.stringify({ claudeAiOauth: { refreshToken: token, ...(account && { accountUuid: account }) } }),
  );
}

describe("quarantineCopy", () => {
  test("stores a file once, whatever its size", () => {
    const from = join(root, "long.txt");
    writeFileSync(from, "");
    truncateSync(from, 65 * 1024 * 1024);
    const path = quarantineCopy(paths, "projects/long.txt", from);
    expect(basename(path)).toMatch(/Z-projects\+long\.txt$/);
    expect(statSync(path).size).toBe(65 * 1024 * 1024);
    expect(quarantineCopy(paths, "projects/long.txt", from)).toBe(path);
    truncateSync(from, 64 * 1024 * 1024);
    expect(quarantineCopy(paths, "projects/long.txt", from)).not.toBe(path);
    expect(readdirSync(paths.backups)).toHaveLength(2);
  });

  test("leaves nothing half-done behind where the file is gone", () => {
    expect(() => quarantineCopy(paths, "a", join(root, "a"))).toThrow();
    expect(readdirSync(paths.backups)).toEqual([]);
  });
});

describe("quarantineFile", () => {
  test("stores bytes closed to others, under the UTC time and the name that they had", () => {
    const path = quarantineFile(paths, "credentials.json", Uint8Array.of(0, 255, 10));
    expect(basename(path)).toMatch(/^\d{8}T\d{9}Z-credentials\.json$/);
    expect([...readFileSync(path)]).toEqual([0, 255, 10]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(paths.backups).mode & 0o777).toBe(0o700);
  });

  test("stores equal content of one kind once, of two kinds twice", () => {
    const first = quarantineFile(paths, "a", bytes("same"));
    expect(quarantineFile(paths, "a", bytes("same"))).toBe(first);
    expect(quarantineFile(paths, "b", bytes("same"))).not.toBe(first);
    expect(readdirSync(paths.backups)).toHaveLength(2);
  });

  test("reads what is stored once, and again what it takes for the same", () => {
    for (const text of ["one", "two", "six"]) quarantineFile(paths, "a", bytes(text));
    const read: string[] = [];
    using _ = testOnlyFaults((real) => ({
      open: (path, flags, mode) => {
        if (quarantineKind(basename(path)) !== undefined) read.push(readFileSync(path, "utf8"));
        return real.open(path, flags, mode);
      },
    }));
    const path = quarantineFile(paths, "a", bytes("two"));
    expect(readFileSync(path, "utf8")).toBe("two");
    expect(read).toEqual(["two"]);
    writeFileSync(path, "ten");
    const again = quarantineFile(paths, "a", bytes("two"));
    expect([readFileSync(again, "utf8"), readFileSync(path, "utf8")]).toEqual(["two", "ten"]);
    expect(quarantineFile(paths, "a", bytes("ten"))).toBe(path);
  });

  test("loses none of many in one millisecond", () => {
    for (let count = 0; count < 30; count++) quarantineFile(paths, "a", bytes(`${count}`));
    const stored = readdirSync(paths.backups).map((name) => readFileSync(join(paths.backups, name), "utf8"));
    expect(new Set(stored).size).toBe(30);
  });

  test.each([
    ["projects/p/a.jsonl", "projects+p+a.jsonl"],
    ["../../etc/passwd", "..+..+etc+passwd"],
    ["line\nend é", "line_end__"],
  ])("makes a plain name of %j", (what, kind) => {
    expect(quarantineKind(basename(quarantineFile(paths, what, bytes("x"))))).toBe(kind);
  });

  test("tells long names apart that begin alike", () => {
    const long = "x".repeat(300);
    const names = [`${long}1`, `${long}2`].map((what) => basename(quarantineFile(paths, what, bytes("x"))));
    expect(new Set(names.map(quarantineKind)).size).toBe(2);
    for (const name of names) expect(name.length).toBeLessThan(200);
  });
});

describe("keepForQuarantine", () => {
  const NEXT = ".next-login";
  const kinds = () => readdirSync(paths.backups).flatMap((name) => quarantineKind(name) ?? []);

  test("puts a login on the disk, closed to others, and into no list", () => {
    keepForQuarantine(paths, login("A", "one"));
    expect([...readFileSync(join(paths.backups, NEXT))]).toEqual([...login("A", "one")]);
    expect(statSync(join(paths.backups, NEXT)).mode & 0o777).toBe(0o600);
    expect([kinds(), pruneQuarantine(paths)]).toEqual([[], []]);
  });

  test("by the time it is stored nothing is written or synced", () => {
    keepForQuarantine(paths, login("A", "one"));
    const path = withoutTheDisk(() => quarantineFile(paths, "credentials-rotated", login("A", "one")));
    expect([...readFileSync(path)]).toEqual([...login("A", "one")]);
    expect(quarantineFile(paths, "credentials-rotated", login("A", "one"))).toBe(path);
    keepForQuarantine(paths, login("A", "two"));
    expect([...readFileSync(path)]).toEqual([...login("A", "one")]);
    expect(kinds()).toEqual(["credentials-rotated"]);
  });

  test("one that another process kept has its new name synced", () => {
    keepForQuarantine(paths, login("A", "one"));
    const elsewhere = { ...paths, backups: join(root, "other") };
    keepForQuarantine(elsewhere, login("A", "two"));
    expect(() =>
      withoutTheDisk(() => quarantineFile(paths, "credentials-rotated", login("A", "one"))),
    ).toThrow();
  });

  test("one that got no name is stored before another takes its place", () => {
    for (const token of ["one", "two", "two", "three"]) keepForQuarantine(paths, login("A", token));
    expect(kinds()).toEqual(["credentials-rotated", "credentials-rotated"]);
    const stored = readdirSync(paths.backups).map((name) => readFileSync(join(paths.backups, name), "utf8"));
    for (const token of ["one", "two", "three"]) expect(stored.join()).toContain(token);
  });

  test.each(["EMLINK", "EXDEV", "EPERM"])("where there are no hard links it is copied: %s", (code) => {
    keepForQuarantine(paths, login("A", "one"));
    using _ = testOnlyFaults((real) => ({
      link: (existing, created) => {
        if (existing.endsWith(NEXT)) throw Object.assign(new Error(code), { code });
        real.link(existing, created);
      },
    }));
    const path = quarantineFile(paths, "a", login("A", "one"));
    expect([...readFileSync(path)]).toEqual([...login("A", "one")]);
    expect(statSync(join(paths.backups, NEXT)).nlink).toBe(1);
  });

  test("another login that takes its place in that very moment is not stored for it", () => {
    keepForQuarantine(paths, login("A", "one"));
    using _ = testOnlyFaults((real) => ({
      link: (existing, created) => {
        if (existing.endsWith(NEXT)) {
          writeFileSync(`${existing}.new`, login("B", "two"));
          renameSync(`${existing}.new`, existing);
        }
        real.link(existing, created);
      },
    }));
    const path = quarantineFile(paths, "a", login("A", "one"));
    expect([...readFileSync(path)]).toEqual([...login("A", "one")]);
    expect(kinds()).toEqual(["a"]);
  });

  /** A disk that can only be read, and link names. */
  function withoutTheDisk<T>(body: () => T): T {
    const refuse = () => {
      throw new Error("the disk is waited for");
    };
    return testOnlyWithFaults(
      () => ({ write: refuse, syncData: refuse, syncAll: refuse, rename: refuse }),
      body,
    );
  }
});

describe("pruneQuarantine", () => {
  function storeAt(day: number, kind: string, content: Uint8Array): string {
    const name = `202601${String(day).padStart(2, "0")}T000000000Z-${kind}`;
    quarantineFile(paths, "make-the-directory", bytes(""));
    writeFileSync(join(paths.backups, name), content);
    return name;
  }

  test("keeps the newest 20 of each kind, and what is no quarantined file", () => {
    for (let day = 1; day <= 25; day++) storeAt(day, "a", bytes(`${day}`));
    storeAt(1, "b", bytes("b"));
    recordConflicts(paths, "settings.json", [{ key: ["k"], kept: 1, lost: 2 }]);
    expect(pruneQuarantine(paths)).toHaveLength(5);
    const left = readdirSync(paths.backups);
    expect(left.filter((name) => quarantineKind(name) === "a").sort()[0]).toStartWith("20260106");
    expect(left).toContain("20260101T000000000Z-b");
    expect(left).toContain("conflicts.jsonl");
  });

  test("keeps the newest 200 of what was removed below one name, whatever the files were called", () => {
    for (let n = 0; n < 205; n++) storeAt(1 + (n % 28), `removed+sessions+${n}.json`, bytes(`${n}`));
    storeAt(1, "removed+projects+p+x.jsonl", bytes("x"));
    expect(pruneQuarantine(paths)).toHaveLength(5);
    expect(readdirSync(paths.backups)).toContain("20260101T000000000Z-removed+projects+p+x.jsonl");
  });

  test("keeps no more than 512 MiB of them, but the newest 20 in any case", () => {
    for (let day = 1; day <= 28; day++) {
      const name = storeAt(day, `removed+projects+p+${day}.jsonl`, bytes(""));
      // Without a block on the disk.
      truncateSync(join(paths.backups, name), day > 20 ? 20 * 1024 * 1024 : 40 * 1024 * 1024);
    }
    expect(pruneQuarantine(paths)).toHaveLength(8);
    expect(readdirSync(paths.backups).filter((name) => name.includes("removed+"))).toHaveLength(20);
  });

  test("never removes the newest login of an account", () => {
    const old = storeAt(1, "credentials.json", login("uuid-a", "sk-ant-ort01-fakeA1"));
    const last = storeAt(2, "credentials.json", login("uuid-a", "sk-ant-ort01-fakeA2"));
    const nameless = storeAt(3, "credentials.json", login(undefined, "sk-ant-ort01-fakeB"));
    for (let day = 4; day <= 28; day++) storeAt(day, "credentials.json", bytes(`{"stub":${day}}`));
    const removed = pruneQuarantine(paths);
    expect(removed).toContain(old);
    expect(removed).not.toContain(last);
    expect(removed).not.toContain(nameless);
  });

  test("has nothing to do where nothing was ever quarantined", () => {
    expect(pruneQuarantine(paths)).toEqual([]);
  });
});

describe("recordConflicts", () => {
  function recorded(): unknown[] {
    return readFileSync(paths.conflicts, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  }

  test("appends a line for each value that lost or was deleted, closed to others", () => {
    recordConflicts(paths, "settings.json", [{ key: ["model"], kept: "opus", lost: "sonnet" }]);
    recordConflicts(paths, "claude.json", [{ key: ["mcpServers", "x"], value: { command: "y" } }]);
    expect(recorded()).toEqual([
      { time: expect.any(String), file: "settings.json", key: ["model"], kept: "opus", lost: "sonnet" },
      {
        time: expect.any(String),
        file: "claude.json",
        key: ["mcpServers", "x"],
        kept: null,
        lost: { command: "y" },
      },
    ]);
    expect(statSync(paths.conflicts).mode & 0o777).toBe(0o600);
  });

  test("writes nothing for none", () => {
    recordConflicts(paths, "settings.json", []);
    expect(readdirSync(root)).toEqual([]);
  });

  test("forgets the older half past a megabyte, whole lines only", () => {
    const value = "v".repeat(1000);
    for (let round = 0; round < 12; round++) {
      const conflicts = Array.from({ length: 100 }, (_, index) => ({ key: [`${round}.${index}`], value }));
      recordConflicts(paths, "claude.json", conflicts);
    }
    expect(statSync(paths.conflicts).size).toBeLessThanOrEqual(1024 * 1024);
    expect(recorded().at(-1)).toMatchObject({ key: ["11.99"] });
    expect(recorded().at(0)).toMatchObject({ lost: value });
  });
});
