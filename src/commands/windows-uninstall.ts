import { existsSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { listDirectory } from "../disk/directory.ts";
import { profilePathsOf, type Store, storeOf } from "../paths.ts";
import { readProfileConfig } from "../profile/profile-config.ts";
import { listProfiles } from "../profile/profiles.ts";
import type { ProfileName } from "../profile-name.ts";
import { notice } from "../report.ts";
import { refuseInUse } from "../session/in-use.ts";
import { removeExecutables } from "../windows/executables.ts";
import { registry } from "../windows/registry.ts";
import { removeTree } from "../windows/remove-tree.ts";
import { takeFromUserPath } from "../windows/user-path.ts";
import { type Command, command } from "./command.ts";
import { refuseElsewhere } from "./windows-install.ts";

/**
 * The hidden `clauth __uninstall`, the work of `install.ps1 -Uninstall`, which runs a copy of the executable: Windows removes none
 * that runs.
 */
export function windowsUninstall(context: Context): Command {
  return command({
    name: "__uninstall",
    summary: "take an installation away again, for install.ps1",
    args: {
      bin: { type: "string", required: true, description: "the directory of both names" },
      purge: { type: "boolean", description: "the profiles too" },
    },
    run: ({ bin, purge }) => {
      refuseElsewhere(context);
      const store = storeOf(context);
      if (purge) for (const name of listProfiles(store)) refuseInUse(name, profilePathsOf(store, name));
      if (takeFromUserPath(bin, registry, context.env))
        context.stdout.write(`${bin} is not on your PATH any more\n`);
      const left = removeExecutables(context, bin);
      context.stdout.write(`removed claude.exe and clauth.exe from ${bin}\n`);
      for (const path of left) notice(context, `left alone: ${path} is in use, or not clauth's`);
      if (purge) purgeStore(context, store);
      else sayHowToUseLogins(context, store);
      if (left.length === 0) removeIfEmpty(dirname(bin));
      return 0;
    },
  });
}

/** What clauth writes there and nothing else: `CLAUTH_HOME` may be a directory with other things in it. */
function purgeStore(context: Context, store: Store): void {
  const { profiles, removed, profileList, config, trust, lock, log, rotationLocks } = store;
  for (const path of [profiles, removed, profileList, config, trust, lock, dirname(log), rotationLocks])
    removeTree(path);
  context.stdout.write(`removed all profiles from ${store.root}\n`);
}

/** Nothing of a profile is lost without clauth: its runtime tree is a config directory of Claude Code as it is. */
function sayHowToUseLogins(context: Context, store: Store): void {
  const profiles = listProfiles(store);
  if (profiles.length === 0) return;
  const lines = profiles.map((name) => `  ${name}: ${howToUse(store, name)}\n`);
  context.stdout.write(
    `the profiles stay in ${store.profiles} (-Uninstall -Purge removes them); without clauth, use them by:\n${lines.join("")}`,
  );
}

function howToUse(store: Store, name: ProfileName): string {
  const paths = profilePathsOf(store, name);
  const { home, apiKey } = readProfileConfig(paths);
  if (home) return "claude";
  if (apiKey !== undefined) return `$env:ANTHROPIC_API_KEY = '<api_key of ${paths.config}>'; claude`;
  const runtime = quoted(paths.runtime);
  const use = `$env:CLAUDE_CONFIG_DIR = ${runtime}; claude`;
  const login = join(paths.runtime, ".credentials.json");
  if (existsSync(login) || !existsSync(paths.credentials)) return use;
  return `$null = mkdir -Force ${runtime}; copy ${quoted(paths.credentials)} ${quoted(login)}; ${use}`;
}

/** As a text of PowerShell. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", "''")}'`;
}

function removeIfEmpty(directory: string): void {
  if (listDirectory(directory).length > 0) return;
  try {
    rmdirSync(directory);
  } catch {
    // Somebody stands in it, or has just put something there.
  }
}
