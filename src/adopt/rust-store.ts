import { join } from "node:path";
import { isTable, parseToml } from "../config/toml.ts";
import type { Context } from "../context.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { judgeCredentials } from "../merge/judge-credentials.ts";
import { profilePathsOf, type Store } from "../paths.ts";
import { refuseForeignStore } from "../profile/foreign-store.ts";
import { readProfileConfig } from "../profile/profile-config.ts";
import { listProfiles, profileExists } from "../profile/profiles.ts";
import { isProfileName, type ProfileName } from "../profile-name.ts";
import { placesWithLogin } from "../reconcile/places.ts";
import { isSharedChain } from "../session/shared-chain.ts";
import { allTokenHolders, type TokenHolder } from "../session/token-holders.ts";
import { decodeUtf8 } from "../utf8.ts";

/** A store of the Rust clauth (0.5.2 and later), which is used as it stands. */
export type RustStore = {
  readonly profiles: readonly RustProfile[];
  /** The profile that it had switched `~/.claude` to. */
  readonly active: ProfileName | undefined;
  /** True where it was told to switch accounts by itself, which clauth never does. */
  readonly switches: boolean;
};

export type RustProfile = {
  readonly name: string;
  readonly state: "ready" | "logged out" | "API key" | "the login in ~/.claude" | "problem";
  readonly problem?: { readonly message: string; readonly hint: string };
};

/**
 * Verifies what stands in the store, and writes nothing.
 * @throws ClauthError `import_not_found` where the Rust tool was never here, `foreign_store`, `profile_list_invalid`
 */
export async function readRustStore(context: Asking, store: Store): Promise<RustStore> {
  refuseForeignStore(store);
  const content = readRegularFile(store.profileList);
  if (content === undefined) throw notThere(store);
  const names = listProfiles(store);
  const holders = await allTokenHolders(context, store);
  const list = parseToml(decodeUtf8(content.bytes) ?? "");
  const table = isTable(list) ? list : {};
  const listed = Array.isArray(table["profiles"]) ? table["profiles"] : [];
  const unusable = listed.filter((name) => typeof name === "string" && !isProfileName(name));
  const active = table["active_profile"];
  const chain = table["fallback_chain"];
  return {
    profiles: [
      ...(await Promise.all(names.map((name) => judged(context, store, name, holders)))),
      ...unusable.map(misnamed),
    ],
    active: typeof active === "string" ? profileExists(store, active) : undefined,
    switches: Array.isArray(chain) && chain.length > 0,
  };
}

type Asking = Pick<Context, "env" | "home" | "platform">;

async function judged(
  context: Asking,
  store: Store,
  name: ProfileName,
  holders: readonly TokenHolder[],
): Promise<RustProfile> {
  const places = await placesWithLogin(context, store, name);
  try {
    const { home, apiKey } = readProfileConfig(places.paths);
    if (home) return { name, state: "the login in ~/.claude" };
    if (isSharedChain(places)) return problem(name, SHARED, `clauth add ${name} --home`);
    const twin = twinOf(holders, store, name);
    if (twin !== undefined)
      return problem(
        name,
        `holds the same login as "${twin}": a refresh in one ends the other`,
        `clauth login ${name}`,
      );
    if (apiKey !== undefined) return { name, state: "API key" };
    const content = readRegularFile(places.paths.credentials);
    if (content === undefined) return { name, state: "logged out" };
    const { document, login } = judgeCredentials(content.bytes);
    if (document === undefined)
      return problem(name, "its credentials.json is damaged", `clauth login ${name}`);
    return { name, state: login ? "ready" : "logged out" };
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
    return problem(name, error.message, error.hint ?? "clauth doctor");
  }
}

const SHARED = "holds the same login as ~/.claude: a refresh in one ends the other";

/** The profile before it in the list that holds the same token: one of them can keep it. */
function twinOf(holders: readonly TokenHolder[], store: Store, name: ProfileName): string | undefined {
  const token = holders.find(({ path }) => path === profilePathsOf(store, name).credentials)?.token;
  const owners = holders.filter((holder) => holder.token === token).map(({ owner }) => owner);
  return token === undefined || owners[0] === name ? undefined : owners[0];
}

function misnamed(name: string): RustProfile {
  return problem(
    JSON.stringify(name.slice(0, 80)),
    "is no name that clauth can use",
    "rename its directory in profiles/, and its entry in profiles.toml",
  );
}

function problem(name: string, message: string, hint: string): RustProfile {
  return { name, state: "problem", problem: { message, hint } };
}

function notThere(store: Store): ClauthError {
  return new ClauthError({
    kind: "import_not_found",
    message: `there is no store of the Rust clauth: ${store.profileList} is missing`,
    hint: `it keeps its profiles in ~/.clauth; CLAUTH_HOME decides which store is used, now ${store.root}`,
    path: join(store.root, "profiles.toml"),
  });
}
