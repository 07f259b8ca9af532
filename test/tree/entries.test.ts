import { expect, test } from "bun:test";
import { entryKind, isKnownEntry } from "../../src/tree/entries.ts";

test.each([
  ["shared", ["projects", "CLAUDE.md", "history.jsonl", "something-new", "state/x.json", ".last-cleanup"]],
  ["split", ["state"]],
  ["reconciled", [".credentials.json", ".claude.json", "settings.json"]],
  [
    "private",
    [
      "backups",
      "jobs",
      "daemon",
      "daemon.log",
      "daemon.status.json",
      ".config.json",
      "remote-settings.json",
      "policy-limits.json.tmp-old",
      "telemetry",
      "x.key",
      ".clauth-tree",
      "state/hybrid-settings.json",
    ],
  ],
  [
    "transient",
    [
      "daemon.lock",
      "history.jsonl.lock",
      ".oauth_refresh.lock.owner",
      ".claude.json.tmp.12.0123456789ab",
      ".credentials.json.tmp.01234567",
      ".x.clauth-1-a.tmp",
      "state/y.lock",
    ],
  ],
] as const)("%s entries", (kind, names) => {
  for (const name of names) expect([name, entryKind(name, [])]).toEqual([name, kind]);
});

test("isolation makes shared names private, and no others shared", () => {
  expect(entryKind("projects", ["projects"])).toBe("private");
  expect(entryKind("state/x.json", ["state"])).toBe("private");
  expect(entryKind("plugins", "all")).toBe("private");
  expect(entryKind("settings.json", "all")).toBe("reconciled");
  expect(entryKind("a.lock", "all")).toBe("transient");
});

test("every name that Claude Code 2.1.197 and 2.1.329 made in an empty directory is known", () => {
  const seen = [
    ".claude.json",
    ".credentials.json",
    ".last-cleanup",
    "backups",
    "daemon",
    "daemon.lock",
    "daemon.log",
    "daemon.status.json",
    "history.jsonl",
    "jobs",
    "plugins",
    "projects",
    "session-env",
    "sessions",
    "settings.json",
    "shell-snapshots",
  ];
  expect(seen.filter((name) => !isKnownEntry(name))).toEqual([]);
  expect(isKnownEntry("never-seen-before")).toBe(false);
});
