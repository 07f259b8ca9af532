import { z } from "zod";
import { ClauthError } from "../errors.ts";
import { looksLikeSecret, parseProfileName } from "../profile-name.ts";
import { claudeWith } from "../shell-line.ts";
import { choiceFrom } from "./choice.ts";
import { isDirectoryPattern, isProgramPath, isRemotePattern } from "./config.ts";
import { ruleLines, topLevelLine } from "./config-lines.ts";
import { parseToml } from "./toml.ts";
import { firstBadLine, type Statement, statementsOf } from "./toml-statements.ts";

/** Loaded only to explain a `clauth.toml` that the guard in config.ts turned down: zod costs more than a start. */

const choice = z.string("has to be a name in quotes").superRefine((text, context) => {
  if (choiceFrom(text) === undefined) context.addIssue({ code: "custom", message: complaintAboutName(text) });
});

const directory = z.custom<string>(isDirectoryPattern, "has to be an absolute directory, or one below ~");

const remote = z.custom<string>(
  isRemotePattern,
  'has to look like "github.com/acme/*": no scheme, user or port',
);

const rule = z
  .strictObject(
    { dir: directory.optional(), remote: remote.optional(), profile: choice },
    { error: "has to be a table with dir or remote, and profile" },
  )
  .refine((entry) => (entry.dir === undefined) !== (entry.remote === undefined), {
    error: "needs exactly one of dir and remote",
  });

export const configSchema = z.strictObject({
  default: choice.optional(),
  trust: z.enum(["owned", "allow"], 'has to be "owned" or "allow"').optional(),
  claude: z.custom<string>(isProgramPath, "has to be an absolute path, or one below ~").optional(),
  quiet: z.boolean("has to be true or false").optional(),
  rule: z.array(rule, "has to be written as [[rule]] tables").optional(),
});

/** Says what is wrong with a `clauth.toml`, and on which line. Values are not echoed: one may be a token. */
export function explainConfig(path: string, text: string | undefined): ClauthError {
  if (text === undefined) return invalid(path, undefined, "is not UTF-8 text");
  const value = parseToml(text);
  if (value === undefined) return syntaxError(path, text);
  const issue = configSchema.safeParse(value).error?.issues[0];
  if (issue === undefined) return invalid(path, undefined, "is not valid");
  const keys = issue.path.map(String);
  const line = lineOf(
    statementsOf(text),
    issue.code === "unrecognized_keys" ? [...keys, issue.keys[0] ?? ""] : keys,
  );
  if (issue.code === "unrecognized_keys") {
    return invalid(
      path,
      line,
      `${quotedKey(issue.keys[0] ?? "")} is no key that clauth knows`,
      keyHint(keys),
    );
  }
  return invalid(path, line, `${nameOf(keys)} ${issue.message}`);
}

function syntaxError(path: string, text: string): ClauthError {
  return invalid(path, firstBadLine(text), `is not valid TOML${complaintOfParser(text)}`);
}

/** What Bun's parser says, unless it quotes a piece of the file that looks like a token. */
function complaintOfParser(text: string): string {
  try {
    Bun.TOML.parse(text);
    return "";
  } catch (error) {
    const said = error instanceof Error ? error.message.replace(/^TOML Parse error: /, "") : "";
    return said === "" || looksLikeSecret(said) ? "" : `: ${said}`;
  }
}

function complaintAboutName(text: string): string {
  try {
    parseProfileName(text);
    return "is not a profile name";
  } catch (error) {
    return error instanceof Error ? `can't be used: ${error.message}` : "is not a profile name";
  }
}

/** The line of the closest statement to an issue's path: ["rule","1","profile"] is the pair, else the rule. */
function lineOf(statements: readonly Statement[], keys: readonly string[]): number | undefined {
  const [first, index, inner] = keys;
  if (first === undefined) return undefined;
  const headerOrKey = statements.find(
    (statement) => statement.kind === "header" && statement.name.replaceAll(/[[\]]/g, "") === first,
  )?.line;
  if (first !== "rule" || index === undefined) return topLevelLine(statements, first) ?? headerOrKey;
  const line = ruleLines(statements)[Number(index)] ?? topLevelLine(statements, first);
  const header = statements.findIndex((statement) => statement.line === line);
  const rest = statements.slice(header + 1);
  const next = rest.findIndex((statement) => statement.kind === "header");
  const own = next === -1 ? rest : rest.slice(0, next);
  return own.find((statement) => statement.name === inner)?.line ?? line;
}

function nameOf(keys: readonly string[]): string {
  const [first, index, inner] = keys;
  if (first === undefined) return "the file";
  if (index === undefined) return first;
  return inner === undefined ? "this rule" : `${inner} of this rule`;
}

function quotedKey(key: string): string {
  return looksLikeSecret(key) ? "something that looks like a token" : JSON.stringify(key);
}

function keyHint(keys: readonly string[]): string {
  return keys.length === 0
    ? "the keys are default, trust, claude, quiet and [[rule]]"
    : "a rule has dir or remote, and profile";
}

function invalid(path: string, line: number | undefined, what: string, hint?: string): ClauthError {
  const where = line === undefined ? path : `${path}:${line}`;
  return new ClauthError({
    kind: "config_invalid",
    message: `${where}: ${what}`,
    hint: hint ?? `edit ${path}; ${claudeWith("CLAUTH_BYPASS", "1")} starts the real claude meanwhile`,
    path,
  });
}
