import { type AdoptedServers, adoptServers } from "../adopt/adopt-servers.ts";
import { type AdoptedShared, adoptShared, conversationsIn } from "../adopt/adopt-shared.ts";
import { type ConfigDirectory, readConfigDirectory } from "../adopt/config-directory.ts";
import { moveLogin } from "../adopt/move-login.ts";
import { findCandidates } from "../adopt/peers.ts";
import type { Context } from "../context.ts";
import { ownValue } from "../json.ts";
import { claudeHomeOf, type Store } from "../paths.ts";
import type { ProfileName } from "../profile-name.ts";
import { identityIn } from "../reconcile/credentials-base.ts";
import { placesOf } from "../reconcile/places.ts";
import { asClauthError, notice } from "../report.ts";
import { count } from "./quantities.ts";

/**
 * Makes a profile of a config directory: its login is moved, what adds something under a name of its own is shared with every
 * profile, and what stays behind is named. The directory itself stays.
 * @param options.loginOnly leaves all but the login where it is
 * @throws ClauthError as `readConfigDirectory` and `moveLogin`
 */
export async function importDirectory(
  context: Context,
  store: Store,
  name: ProfileName,
  directory: string,
  options: { readonly loginOnly: boolean },
): Promise<void> {
  const found = await readConfigDirectory(context, store, directory);
  const others = findCandidates(context).map((candidate) => candidate.directory);
  await moveLogin(context, store, name, found, others);
  const { email } = identityIn(ownValue(found.document, "oauthAccount"));
  const whose = email === undefined ? "" : ` of ${email}`;
  notice(context, `moved the login${whose} from ${found.path} into profile "${name}"`);
  const lines = options.loginOnly ? leftAll(found.path) : await adopted(context, store, name, found);
  for (const line of lines) notice(context, line);
  notice(context, `${found.path} is logged out now, and can be removed when nothing in it is needed`);
}

/** The login is the profile's by now: what else can't be brought is left, and said. */
async function adopted(
  context: Context,
  store: Store,
  name: ProfileName,
  { document, path }: ConfigDirectory,
): Promise<string[]> {
  try {
    const shared = adoptShared(path, claudeHomeOf(context.home).root);
    const servers = await adoptServers(document, placesOf(context.home, store, name).homeJson);
    return said(path, shared, servers);
  } catch (error) {
    return [`left in ${path} what was not brought yet: ${asClauthError(error).message}`];
  }
}

function said(directory: string, shared: AdoptedShared, servers: AdoptedServers): string[] {
  const { conversations } = shared;
  const left = [...shared.left, ...servers.left.map(server)];
  const brought = [...shared.brought, ...servers.brought.map(server)];
  const differing = [...shared.differing, ...servers.differing.map(server)];
  return [
    ...(conversations > 0
      ? [`${count(conversations, "conversation")} can be resumed in every profile now`]
      : []),
    ...(brought.length > 0 ? [`every profile has now: ${listed(brought)}`] : []),
    ...(differing.length > 0
      ? [`left in ${directory}, since ~/.claude has others of that name: ${listed(differing)}`]
      : []),
    ...(left.length > 0
      ? [`left in ${directory}: ${listed(left)}; copy into ~/.claude what every profile shall have`]
      : []),
  ];
}

/** As many as a line can bear: a full disk leaves every file. */
function listed(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return more > 0 ? `${names.slice(0, SHOWN).join(", ")} and ${more} more` : names.join(", ");
}

const SHOWN = 20;

function server(name: string): string {
  return `MCP server ${JSON.stringify(name).slice(1, -1)}`;
}

function leftAll(directory: string): string[] {
  const conversations = conversationsIn(directory);
  const counted = conversations > 0 ? `${count(conversations, "conversation")}, and ` : "";
  return [`left in ${directory}: ${counted}all else that it has`];
}
