import { isAbsolute, join } from "node:path";
import { findCandidates } from "../adopt/peers.ts";
import { type Config, readConfig } from "../config/config.ts";
import { lineOfDefault, rulesWithLines } from "../config/config-lines.ts";
import type { Context } from "../context.ts";
import { tightenProfile, tightenStore } from "../disk/tighten-store.ts";
import { claudeHomeOf, profilePathsOf, type Store } from "../paths.ts";
import { refuseForeignStore } from "../profile/foreign-store.ts";
import { listProfiles, profileExists } from "../profile/profiles.ts";
import { SYSTEM } from "../profile-name.ts";
import { allTokenHolders, type TokenHolder, tokenIn } from "../session/token-holders.ts";
import { movingAside, shellWord } from "../shell-line.ts";
import { attempted, type Finding, problemOf } from "./finding.ts";

/** The store as a whole: whose it is, who may write to it, what clauth.toml names, and that no login stands in it twice. */
export async function checkStore(context: Context, store: Store): Promise<readonly Finding[]> {
  return [
    ...attempted("store", () => {
      refuseForeignStore(store);
      const profiles = listProfiles(store).map((name) => profilePathsOf(store, name));
      const tightened = [...tightenStore(store), ...profiles.flatMap((paths) => tightenProfile(paths))];
      return tightened.map((message) => ({ check: "store", level: "ok", message }));
    }),
    ...(await checkConfig(store)),
    ...(await sharedChains(context, store)),
  ];
}

async function checkConfig(store: Store): Promise<readonly Finding[]> {
  try {
    const config = await readConfig(store);
    return attempted("clauth.toml", () => unknownNames(config, store));
  } catch (error) {
    return [problemOf("clauth.toml", error)];
  }
}

function unknownNames(config: Config, store: Store): readonly Finding[] {
  const named = [
    ...(config.default === undefined
      ? []
      : [{ name: config.default, line: lineOfDefault(config), cure: "clauth global NAME" }]),
    ...rulesWithLines(config).map(({ profile, line, pattern }) => ({
      name: profile,
      line,
      cure: `clauth rule remove ${shellWord(pattern)}`,
    })),
  ];
  return named
    .filter(({ name }) => name !== SYSTEM && profileExists(store, name) === undefined)
    .map(({ name, line, cure }) => ({
      check: "clauth.toml",
      level: "problem",
      message: `${store.config}${line === undefined ? "" : `:${line}`} names "${name}", and there is no such profile`,
      hint: `clauth add ${name}, or ${cure}`,
      path: store.config,
    }));
}

/** Two config directories with one refresh token have no lock in common: the first refresh kills the other (invariant 2). */
async function sharedChains(context: Context, store: Store): Promise<readonly Finding[]> {
  const known = await allTokenHolders(context, store).catch((error: unknown) => problemOf("tokens", error));
  if ("check" in known) return [known];
  const byToken = Map.groupBy([...known, ...elsewhere(context)], ({ token }) => token);
  const home = claudeHomeOf(context.home).root;
  return [...byToken.values()].flatMap((holders) => {
    const owners = [...new Set(holders.map(({ owner }) => owner))];
    const profile = owners.find((owner) => !isAbsolute(owner));
    if (owners.length < 2 || profile === undefined) return [];
    const message = `${owners.join(" and ")} hold the same login: a refresh in one ends it in the other`;
    const other = owners.find((owner) => isAbsolute(owner));
    const hint =
      other === undefined
        ? `clauth login ${owners[1]}`
        : other === home
          ? `clauth add ${profile} --home`
          : movingAside(join(other, ".credentials.json"), ".old");
    return [{ check: "tokens", level: "problem", message, hint } as const];
  });
}

/** Config directories made by hand or by another tool, out of which a login may have been copied. */
function elsewhere(context: Context): readonly TokenHolder[] {
  return findCandidates(context).flatMap(({ directory }) => {
    const path = join(directory, ".credentials.json");
    const token = tokenIn(path);
    return token === undefined ? [] : [{ owner: directory, path, token }];
  });
}
