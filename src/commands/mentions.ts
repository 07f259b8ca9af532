import { readConfig } from "../config/config.ts";
import { editConfig } from "../config/edit-config.ts";
import { addRule, setTopLevel } from "../config/edit-toml.ts";
import type { Store } from "../paths.ts";
import { type ProfileName, sameName } from "../profile-name.ts";
import { shellWord } from "../shell-line.ts";

/** Where `clauth.toml` names a profile, in words for the user with what takes it out. Empty where it does not. */
export async function mentionsOf(store: Store, name: ProfileName): Promise<string[]> {
  const config = await readConfig(store);
  const isDefault = config.default !== undefined && sameName(config.default, name);
  const rules = config.rules.filter((rule) => sameName(rule.profile, name));
  return [
    ...(isDefault ? ["it is still the default: clauth global --unset"] : []),
    ...rules.map(({ pattern }) => `a rule still names it: clauth rule remove ${shellWord(pattern)}`),
  ];
}

/** Makes `clauth.toml` name `to` wherever it names `from`. */
export async function renameMentions(
  store: Store,
  from: ProfileName,
  to: ProfileName,
): Promise<"unchanged" | "written"> {
  const config = await readConfig(store);
  const rules = config.rules.filter((rule) => sameName(rule.profile, from));
  return editConfig(store, (text) => {
    const isDefault = config.default !== undefined && sameName(config.default, from);
    const edited = isDefault ? setTopLevel(text, "default", to) : text;
    return rules.reduce((rest, rule) => addRule(rest, { ...rule, profile: to }), edited);
  });
}
