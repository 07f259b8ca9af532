import { z } from "zod";
import { parseToml } from "../config/config.ts";
import { statementsOf } from "../config/toml-statements.ts";
import {
  ENV_ENTRY_MUST,
  holdsSomething,
  isEnvEntry,
  isModel,
  MODEL_KEYS,
  MODEL_MUST,
  NOT_WITH_HOME,
  NOT_WITH_HOME_MUST,
  RULES,
  type Rule,
} from "./config-guard.ts";
import { lineOfKeys, shownKeys } from "./profile-config.ts";

/** Loaded only by what has time to explain (`doctor`, `add`): the guard stops at the first fault, this names all. */

export type Complaint = { readonly line: number | undefined; readonly text: string };

export const profileSchema = z
  .looseObject({
    base_url: held(RULES.base_url),
    api_key: held(RULES.api_key),
    account: held(RULES.account),
    isolate: held(RULES.isolate),
    keep_env: held(RULES.keep_env),
    home: held(RULES.home),
    env: held(RULES.env).superRefine((table, context) => {
      for (const [name, value] of Object.entries(table ?? {})) {
        if (!isEnvEntry(name, value)) {
          context.addIssue({ code: "custom", path: [name], message: ENV_ENTRY_MUST });
        }
      }
    }),
    models: held(RULES.models).superRefine((table, context) => {
      for (const [key, value] of Object.entries(table ?? {})) {
        if (MODEL_KEYS.some((known) => known === key) && !isModel(value)) {
          context.addIssue({ code: "custom", path: [key], message: MODEL_MUST });
        }
      }
    }),
  })
  .superRefine((table, context) => {
    if (table["home"] !== true) return;
    for (const key of NOT_WITH_HOME) {
      if (holdsSomething(table[key])) {
        context.addIssue({ code: "custom", path: [key], message: NOT_WITH_HOME_MUST });
      }
    }
  });

/** Everything that is wrong with a config.toml, in the order of its lines. Empty where it is valid. */
export function complaintsAbout(text: string): readonly Complaint[] {
  const value = parseToml(text);
  if (value === undefined) return [{ line: undefined, text: "is not valid TOML" }];
  const statements = statementsOf(text);
  const issues = profileSchema.safeParse(value).error?.issues ?? [];
  return issues
    .map(({ path, message }) => {
      const keys = path.map(String);
      return { line: lineOfKeys(statements, keys), text: `${shownKeys(keys)} ${message}` };
    })
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function held(rule: Rule) {
  return z.custom<object | string | boolean>(rule.accepts, { error: rule.must, abort: true }).optional();
}
