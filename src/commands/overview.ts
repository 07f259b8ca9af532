import { readConfig } from "../config/config.ts";
import type { Context } from "../context.ts";
import { claudeHomeOf, storeOf } from "../paths.ts";
import { findRealClaude } from "../real-claude.ts";
import { asClauthError, oneLine } from "../report.ts";
import { sourceSentence } from "../selection/select.ts";
import { accountFound } from "./account.ts";
import { type Paint, paintFor } from "./colour.ts";
import { loginFound } from "./found-login.ts";
import { showList } from "./list.ts";
import { withTilde, withTildes } from "./output.ts";
import { planOf } from "./plan.ts";
import { profileRows } from "./profile-rows.ts";

/** `clauth` alone: the profiles and which one applies here; before there is one, what `claude` is now and how to get a second. */
export async function overview(context: Context): Promise<void> {
  const { selection, profiles } = await profileRows(context);
  if (profiles.length === 0) {
    const now = selection === undefined ? "" : ": claude is the untouched Claude Code";
    return context.stdout.write(`no profile yet${now}\n\n${await firstSteps(context)}`);
  }
  if (selection !== undefined) {
    const subject = selection.kind === "profile" ? `profile "${selection.name}"` : "the untouched claude";
    const here = oneLine(`here: ${subject}, ${sourceSentence(selection.source)}`);
    context.stdout.write(`${withTildes(here, context.home)}\n\n`);
  }
  showList(context, profiles);
}

async function firstSteps(context: Context): Promise<string> {
  const paint = paintFor(context);
  const configDir = context.env["CLAUDE_CONFIG_DIR"] || claudeHomeOf(context.home).root;
  return [
    `claude      ${withTilde(await claudeNow(context), context.home)}`,
    `config dir  ${withTilde(configDir, context.home)} (${await loginNow(context)})`,
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

async function loginNow(context: Context): Promise<string> {
  const configDir = context.env["CLAUDE_CONFIG_DIR"] || undefined;
  const found = await loginFound(context, configDir);
  if (found === undefined) return "logged out";
  const { email } = accountFound(context.home, configDir);
  const known = [email, planOf(found.document)].filter((part) => part !== undefined);
  return known.length > 0 ? known.join(", ") : "logged in";
}
