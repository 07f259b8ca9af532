import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseJsonc } from "../config/edit-jsonc.ts";
import type { Context } from "../context.ts";
import { listDirectory } from "../disk/directory.ts";
import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { fileNameOf, installedIn } from "../own-executable.ts";
import type { Store } from "../paths.ts";
import { decodeUtf8KeepingMark } from "../utf8.ts";

/** What the extension starts in the place of its own claude, whose path it gives as first argument (2.1.252). */
export const WRAPPER_SETTING = "claudeCode.claudeProcessWrapper";

/** The settings of one VS Code, or of what is built from it, as they are now. */
export type EditorSettings = {
  readonly editor: string;
  readonly path: string;
  readonly file: FileContent | undefined;
  /** Undefined where the file is no JSON with comments that could be edited. */
  readonly text: string | undefined;
  /** What the wrapper setting holds; undefined where it is not set. */
  readonly wrapper: unknown;
  /** True where Claude Code's extension is installed there. */
  readonly hasExtension: boolean;
  /** "Use Terminal": claude runs in a terminal of the editor, where PATH decides and the wrapper is not used. */
  readonly usesTerminal: boolean;
};

/** What the wrapper setting says: "other" names a program that is not the shim, "invalid" is no JSON that can be read. */
export type WrapperState = "set" | "unset" | "other" | "invalid";

export function wrapperState({ text, wrapper }: EditorSettings, shim: string): WrapperState {
  if (text === undefined) return "invalid";
  if (wrapper === shim) return "set";
  return wrapper === undefined || wrapper === null || wrapper === "" ? "unset" : "other";
}

/** The shim that an editor is to start. */
export function shimPath(
  context: Pick<Context, "executable" | "platform">,
  store: Pick<Store, "bin">,
): string {
  return join(installedIn(context, store), fileNameOf("claude", context.platform));
}

/** Every such editor of this user. Each is known by the directory of its settings: the file may not be there yet. */
export function editorsHere(context: Pick<Context, "env" | "home" | "platform">): readonly EditorSettings[] {
  return places(context)
    .filter(({ path }) => existsSync(dirname(path)))
    .map(read);
}

function places({ env, home, platform }: Pick<Context, "env" | "home" | "platform">) {
  const desktop = EDITORS.map(([editor, name, dot]) => ({
    editor,
    path: join(configRoot(env, home, platform), name, "User", "settings.json"),
    extensions: join(home, dot, "extensions"),
  }));
  // What a VS Code of another machine runs here (SSH, WSL, a container) reads its own.
  const servers = SERVERS.map(([editor, name]) => ({
    editor,
    path: join(home, name, "data", "Machine", "settings.json"),
    extensions: join(home, name, "extensions"),
  }));
  return [...desktop, ...servers];
}

const EDITORS = [
  ["VS Code", "Code", ".vscode"],
  ["VS Code Insiders", "Code - Insiders", ".vscode-insiders"],
  ["VSCodium", "VSCodium", ".vscode-oss"],
  ["Cursor", "Cursor", ".cursor"],
] as const;

const SERVERS = [
  ["VS Code Server", ".vscode-server"],
  ["VS Code Insiders Server", ".vscode-server-insiders"],
  ["VSCodium Server", ".vscodium-server"],
  ["Cursor Server", ".cursor-server"],
] as const;

function configRoot(env: Context["env"], home: string, platform: NodeJS.Platform): string {
  if (platform === "darwin") return join(home, "Library", "Application Support");
  if (platform === "win32") return env["APPDATA"] || join(home, "AppData", "Roaming");
  return env["XDG_CONFIG_HOME"] || join(home, ".config");
}

type Place = { readonly editor: string; readonly path: string; readonly extensions: string };

function read({ editor, path, extensions }: Place): EditorSettings {
  const file = readRegularFile(path);
  const text = file === undefined ? "" : decodeUtf8KeepingMark(file.bytes);
  const settings = text === undefined ? undefined : parseJsonc(text);
  return {
    editor,
    path,
    file,
    text: settings === undefined ? undefined : text,
    wrapper: settings?.[WRAPPER_SETTING],
    hasExtension: listDirectory(extensions).some((name) => /^anthropic\.claude-code-\d/i.test(name)),
    usesTerminal: settings?.["claudeCode.useTerminal"] === true,
  };
}
