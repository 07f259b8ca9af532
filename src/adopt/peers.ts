import { join } from "node:path";
import type { Environment } from "../context.ts";
import { disk } from "../disk/disk.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { isObject, type Json, ownValue, parseJson } from "../json.ts";
import { decodeUtf8 } from "../utf8.ts";

/** Whose config directories can be taken over: account switchers that keep one per account, and directories made by hand. */
export const PEERS = ["claude-acc", "claude-code-profiles", "ccs", "cloak", "clausona", "directory"] as const;

export type Peer = (typeof PEERS)[number];

/** A config directory that a peer has for an account of that name. */
export type Candidate = { readonly from: Peer; readonly name: string; readonly directory: string };

/** What a peer was told to use where; the user repeats it with `clauth global` and `clauth rule add`. */
export type Choices = {
  readonly default: string | undefined;
  readonly directories: readonly { readonly directory: string; readonly name: string }[];
};

type Place = { readonly home: string; readonly env: Environment };

/** Every config directory found, each once, by its real path; those of a tool come before those made by hand. */
export function findCandidates(place: Place): readonly Candidate[] {
  const found = PEERS.flatMap((from) =>
    LAYOUTS[from]
      .directories(place)
      .map(({ name, directory }) => ({ from, name, directory: real(directory) })),
  ).filter(({ directory }) => looksLikeConfig(directory));
  return found.filter(
    ({ directory }, index) => found.findIndex((earlier) => earlier.directory === directory) === index,
  );
}

export function choicesOf(from: Peer, place: Place): Choices {
  return LAYOUTS[from].choices?.(place) ?? { default: undefined, directories: [] };
}

type Named = { readonly name: string; readonly directory: string };

type Layout = {
  readonly directories: (place: Place) => readonly Named[];
  readonly choices?: (place: Place) => Choices;
};

/** As each tool's own source has it. */
const LAYOUTS: Readonly<Record<Peer, Layout>> = {
  // Nemo-Illusionist/claude-code-account-switcher, src/config.rs
  "claude-acc": {
    directories: ({ home }) => below(join(home, ".claude-switch", "accounts")),
    choices: ({ home }) => ({
      default: /^default=[ \t]*(\S+)/m.exec(textAt(join(home, ".claude-switch", "config")))?.[1],
      directories: textAt(join(home, ".claude-switch", "links"))
        .split("\n")
        .flatMap((line) => {
          const [, directory, name] = /^(.+)=([\w-]+)\s*$/.exec(line) ?? [];
          return directory === undefined || name === undefined ? [] : [{ directory: directory.trim(), name }];
        }),
    }),
  },
  // quinnjr/claude-code-profiles, AGENTS.md; `skills` is its pool of skills
  "claude-code-profiles": {
    directories: (place) => below(profilesOfQuinnjr(place)).filter(({ name }) => name !== "skills"),
    choices: (place) => ({
      default: /\S+/.exec(textAt(join(profilesOfQuinnjr(place), ".default")))?.[0],
      directories: [],
    }),
  },
  // kaitranntt/ccs, src/management/instance-manager.ts
  ccs: { directories: ({ home }) => below(join(home, ".ccs", "instances")) },
  // synth1s/cloak, src/lib/paths.js
  cloak: { directories: ({ home }) => below(join(home, ".cloak", "profiles")) },
  // larcane97/clausona: {profiles: {"claude:work": {tool, configDir, isPrimary?}}}; before 0.1.0 without the tool
  clausona: { directories: ({ home }) => registered(jsonAt(join(home, ".clausona", "profiles.json"))) },
  directory: {
    directories: ({ home }) =>
      below(home).flatMap(({ name, directory }) => {
        const own = /^\.claude-(.+)$/.exec(name)?.[1];
        return own === undefined ? [] : [{ name: own, directory }];
      }),
  },
};

function profilesOfQuinnjr({ home, env }: Place): string {
  return join(env["XDG_DATA_HOME"] || join(home, ".local", "share"), "claude-profiles");
}

/** What can't be read can't be taken over, and stops nothing: here as in all that follows. */
function below(directory: string): Named[] {
  try {
    const names = disk.list(directory).sort();
    return names.map((name) => ({ name, directory: join(directory, name) }));
  } catch {
    return [];
  }
}

function registered(registry: Json | undefined): Named[] {
  const profiles = isObject(registry) ? ownValue(registry, "profiles") : undefined;
  if (!isObject(profiles)) return [];
  return Object.entries(profiles).flatMap(([key, entry]) => {
    if (!isObject(entry) || ownValue(entry, "isPrimary") === true) return [];
    const [directory, tool = "claude"] = [ownValue(entry, "configDir"), ownValue(entry, "tool")];
    return typeof directory === "string" && tool === "claude"
      ? [{ name: key.replace(/^claude:/, ""), directory }]
      : [];
  });
}

/** Claude Code has been there: what it makes at its first start. */
function looksLikeConfig(directory: string): boolean {
  try {
    return disk.list(directory).some((name) => name === ".claude.json" || name === ".credentials.json");
  } catch {
    return false;
  }
}

function real(directory: string): string {
  try {
    return disk.realpath(directory);
  } catch {
    return directory;
  }
}

function textAt(path: string): string {
  const bytes = bytesAt(path);
  return (bytes && decodeUtf8(bytes)) ?? "";
}

function jsonAt(path: string): Json | undefined {
  const bytes = bytesAt(path);
  return bytes && parseJson(bytes);
}

function bytesAt(path: string): Uint8Array | undefined {
  try {
    return readRegularFile(path, { maxBytes: 1024 * 1024 })?.bytes;
  } catch {
    return undefined;
  }
}
