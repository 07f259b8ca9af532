import { readConfig } from "../config/config.ts";
import type { Context } from "../context.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { judgeCredentials } from "../merge/judge-credentials.ts";
import { claudeHomeOf, storeOf } from "../paths.ts";
import { findRealClaude } from "../real-claude.ts";
import { asClauthError } from "../report.ts";
import { sourceSentence } from "../selection/select.ts";
import { identityOf } from "./account.ts";
import { type Paint, paintFor } from "./colour.ts";
import { showList } from "./list.ts";
import { withTilde } from "./output.ts";
import { planOf } from "./plan.ts";
import { profileRows } from "./profile-rows.ts";

/** `clauth` alone: the profiles and which one applies here; before there is one, what `claude` is now and how to get a second. */
export async function overview(context: Context): Promise<void> {
  const { selection, profiles } = await profileRows(context);
  if (profiles.length === 0) return context.stdout.write(await firstSteps(context));
  if (selection !== undefined) {
    const subject = selection.kind === "profile" ? `profile "${selection.name}"` : "the untouched claude";
    const here = `here: ${subject}, ${sourceSentence(selection.source)}`;
    context.stdout.write(`${here.replaceAll(`${context.home}/`, "~/")}\n\n`);
  }
  showList(context, profiles);
}

async function firstSteps(context: Context): Promise<string> {
  const paint = paintFor(context);
  const configDir = context.env["CLAUDE_CONFIG_DIR"] || claudeHomeOf(context.home).root;
  return [
    "no profile yet: claude is the untouched Claude Code",
    "",
    `claude      ${withTilde(await claudeNow(context), context.home)}`,
    `config dir  ${withTilde(configDir, context.home)} (${loginNow(context)})`,
    "",
    "a second account is two commands away; the login you have stays as it is:",
    ...[
      ["clauth add work --login", "log in with the other account"],
      ["clauth local work", "use it in this directory and below"],
    ].map(([line = "", what = ""]) => step(line, what, paint)),
    "",
  ].join("\n");
}

function step(line: string, what: string, paint: Paint): string {
  return `  ${paint(line, "bold")}${" ".repeat(26 - line.length)}${paint(what, "dim")}`;
}

/** That there is no claude yet is an answer here. */
async function claudeNow(context: Context): Promise<string> {
  try {
    return findRealClaude(context, { config: await readConfig(storeOf(context)) }).path;
  } catch (error) {
    const { message, hint } = asClauthError(error);
    return `none found: ${hint ?? message}`;
  }
}

/** Of the user's own config directory: where a Keychain holds the login, there is none to be seen in files. */
function loginNow({ env, home }: Context): string {
  const claude = claudeHomeOf(home);
  const configDir = env["CLAUDE_CONFIG_DIR"] || undefined;
  const json = configDir === undefined ? claude.json : `${configDir}/.claude.json`;
  const file = readRegularFile(
    configDir === undefined ? claude.credentials : `${configDir}/.credentials.json`,
  );
  const judged = file === undefined ? undefined : judgeCredentials(file.bytes);
  const { email } = identityOf(json);
  const known = [email, planOf(judged?.document)].filter((part) => part !== undefined);
  if (known.length > 0) return known.join(", ");
  return judged?.login ? "logged in" : "logged out";
}
