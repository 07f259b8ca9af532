import { withText } from "../config/edit-jsonc.ts";
import type { Context } from "../context.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import {
  type EditorSettings,
  editorsHere,
  shimPath,
  WRAPPER_SETTING,
  type WrapperState,
  wrapperState,
} from "../editor/vscode-settings.ts";
import { ClauthError } from "../errors.ts";
import { storeOf } from "../paths.ts";
import { notice } from "../report.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Command, command, throwFirst } from "./command.ts";
import { jsonText } from "./output.ts";

/** `clauth editor vscode`: the panel of the extension starts its own claude, past PATH; its wrapper setting makes it ask us. */
export function editorVscode(context: Context): Command {
  return command({
    name: "editor vscode",
    summary: "show or write the setting that VS Code's panel needs",
    args: { write: { type: "boolean", description: "write it into the settings found" }, json: JSON_FLAG },
    examples: [["clauth editor vscode --write", "VS Code, VSCodium and Cursor"]],
    run: ({ write, json }) => {
      const shim = shimPath(context, storeOf(context));
      const found = editorsHere(context);
      if (write) return writeAll(context, found, shim);
      if (json) {
        const editors = found.map((settings) => fields(settings, shim));
        context.stdout.write(jsonText({ setting: WRAPPER_SETTING, value: shim, editors }));
        return 0;
      }
      context.stdout.write(`${JSON.stringify(WRAPPER_SETTING)}: ${JSON.stringify(shim)}\n`);
      for (const settings of found)
        notice(context, `${settings.editor}: ${settings.path} ${STATES[wrapperState(settings, shim)]}`);
      sayTerminal(context, found);
      if (found.some((settings) => wrapperState(settings, shim) === "unset"))
        notice(context, "to write it there: clauth editor vscode --write");
      if (found.length === 0)
        notice(
          context,
          "no VS Code was found: put this line into its settings (Preferences: Open User Settings (JSON))",
        );
      return 0;
    },
  });
}

const STATES: Readonly<Record<WrapperState, string>> = {
  set: "has it",
  unset: "does not have it",
  other: "names another program",
  invalid: "is not JSON that can be read",
};

function fields(settings: EditorSettings, shim: string) {
  const { editor, path, usesTerminal } = settings;
  return { editor, path, state: wrapperState(settings, shim), uses_terminal: usesTerminal };
}

/** Writes what can be written first; what can't be is said last, as the error. */
function writeAll(context: Context, found: readonly EditorSettings[], shim: string): number {
  if (found.length === 0) throw noEditor();
  const refused: ClauthError[] = [];
  for (const settings of found) {
    const { editor, path, file, text = "" } = settings;
    const state = wrapperState(settings, shim);
    const edited = state === "unset" ? withText(text, WRAPPER_SETTING, shim) : undefined;
    if (state === "set") notice(context, `${editor}: ${path} has it already`);
    else if (state === "other") refused.push(taken(settings));
    else if (edited === undefined) refused.push(unreadable(settings, shim));
    else {
      writeFileAtomic(path, new TextEncoder().encode(edited), {
        keepMode: true,
        mode: 0o644,
        expect: file ?? "absent",
      });
      notice(context, `${editor}: written to ${path}; it counts from the next start of Claude in there`);
    }
  }
  sayTerminal(context, found);
  throwFirst(context, refused);
  return 0;
}

function sayTerminal(context: Context, found: readonly EditorSettings[]): void {
  for (const { editor } of found.filter(({ usesTerminal }) => usesTerminal))
    notice(
      context,
      `${editor}: "Use Terminal" is on: there PATH decides and not this setting; clauth doctor checks PATH`,
    );
}

function noEditor(): ClauthError {
  return new ClauthError({
    kind: "editor_not_found",
    message: "no settings of VS Code, VSCodium or Cursor were found",
    hint: "start it once, or put the line of `clauth editor vscode` into its settings.json by hand",
  });
}

/** The value may be a program of the user's own: never replaced. */
function taken({ editor, path }: EditorSettings): ClauthError {
  return new ClauthError({
    kind: "editor_wrapper_taken",
    message: `${editor}: ${path} sets ${WRAPPER_SETTING} to another program`,
    hint: "take that line out if it is not needed, then: clauth editor vscode --write",
    path,
  });
}

function unreadable({ editor, path }: EditorSettings, shim: string): ClauthError {
  return new ClauthError({
    kind: "editor_settings_invalid",
    message: `${editor}: ${path} is not JSON that could be edited`,
    hint: `mend it, or put this into it by hand: ${JSON.stringify(WRAPPER_SETTING)}: ${JSON.stringify(shim)}`,
    path,
  });
}
