import type { Context } from "../context.ts";
import { type EditorSettings, editorsHere, shimPath, wrapperState } from "../editor/vscode-settings.ts";
import type { Store } from "../paths.ts";
import type { Finding } from "./finding.ts";

/** Claude Code's extension brings a claude of its own, and its panel starts that one: PATH plays no part there. */
export function checkEditors(context: Context, store: Store): readonly Finding[] {
  const shim = shimPath(context, store);
  return editorsHere(context)
    .filter(({ hasExtension }) => hasExtension)
    .flatMap((settings) => checkEditor(settings, shim));
}

function checkEditor(settings: EditorSettings, shim: string): readonly Finding[] {
  const { editor, path } = settings;
  const state = wrapperState(settings, shim);
  if (state === "set") return [];
  const why = {
    unset: "starts the claude of the extension",
    other: `starts the program that ${path} names`,
    invalid: `starts what ${path} says, which is no JSON that can be read`,
  }[state];
  const message = `Claude Code's panel in ${editor} ${why}: it picks no profile`;
  const hint =
    state === "unset" ? "clauth editor vscode --write" : `edit ${path}; clauth editor vscode shows the line`;
  return [{ check: "editors", level: "warning", message, hint, path }];
}
