import { adoptHistory, conversationsIn } from "../adopt/adopt-history.ts";
import { readConfigDirectory, serversIn } from "../adopt/config-directory.ts";
import { moveLogin } from "../adopt/move-login.ts";
import { findCandidates } from "../adopt/peers.ts";
import type { Context } from "../context.ts";
import { ownValue } from "../json.ts";
import { claudeHomeOf, type Store } from "../paths.ts";
import type { ProfileName } from "../profile-name.ts";
import { identityIn } from "../reconcile/credentials-base.ts";
import { notice } from "../report.ts";
import { count } from "./quantities.ts";

/**
 * Makes a profile of a config directory: its login is moved, its conversations are shared with every profile, and what stays
 * behind is named. The directory itself stays.
 * @param options.leaveHistory leaves the conversations where they are
 * @throws ClauthError as `readConfigDirectory` and `moveLogin`
 */
export async function importDirectory(
  context: Context,
  store: Store,
  name: ProfileName,
  directory: string,
  options: { readonly leaveHistory: boolean },
): Promise<void> {
  const found = await readConfigDirectory(context, store, directory);
  const others = findCandidates(context).map((candidate) => candidate.directory);
  await moveLogin(context, store, name, found, others);
  const { email } = identityIn(ownValue(found.document, "oauthAccount"));
  const whose = email === undefined ? "" : ` of ${email}`;
  notice(context, `moved the login${whose} from ${found.path} into profile "${name}"`);
  for (const line of options.leaveHistory ? leftHistory(found.path) : adopted(context, found.path))
    notice(context, line);
  const servers = serversIn(found.document);
  if (servers > 0)
    notice(
      context,
      `left in ${found.path}: ${count(servers, "MCP server")}; to have them everywhere: claude mcp add -s user`,
    );
  notice(context, `${found.path} is logged out now, and can be removed when nothing in it is needed`);
}

function adopted(context: Context, directory: string): string[] {
  const { conversations, differing, left } = adoptHistory(directory, claudeHomeOf(context.home).root);
  return [
    ...(conversations > 0
      ? [`${count(conversations, "conversation")} can be resumed in every profile now`]
      : []),
    ...(differing.length > 0
      ? [`left in ${directory}, since ~/.claude has others of that name: ${differing.join(", ")}`]
      : []),
    ...(left.length > 0
      ? [`left in ${directory}: ${left.join(", ")}; copy into ~/.claude what every profile shall have`]
      : []),
  ];
}

function leftHistory(directory: string): string[] {
  const conversations = conversationsIn(directory);
  return conversations > 0 ? [`left in ${directory}: ${count(conversations, "conversation")}`] : [];
}
