import { dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { installedIn } from "../own-executable.ts";
import { type Store, storeOf } from "../paths.ts";
import { type Command, command } from "./command.ts";
import { withTilde } from "./output.ts";

/** `clauth uninstall`: what was installed by a script is removed by it; what it does is said too, for whoever has it no more. */
export function uninstall(context: Context): Command {
  return command({
    name: "uninstall",
    summary: "show how to remove clauth",
    args: {},
    run: () => {
      const store = storeOf(context);
      const lines = context.platform === "win32" ? onWindows(context, store) : onUnix(context, store);
      context.stdout.write(`${lines.join("\n")}\n`);
      return 0;
    },
  });
}

function onWindows(context: Context, store: Store): readonly string[] {
  const bin = installedIn(context, store);
  const prefix = bin === store.bin ? "" : ` -Prefix '${dirname(bin)}'`;
  return [
    "in the checkout that clauth was installed from:",
    `  powershell -ExecutionPolicy Bypass -File install.ps1 -Uninstall${prefix}`,
    `the profiles stay in ${store.root}; -Purge removes them too`,
  ];
}

function onUnix(context: Context, store: Store): readonly string[] {
  const bin = installedIn(context, store);
  const prefix = bin === store.bin ? "" : ` --prefix ${withTilde(dirname(bin), context.home)}`;
  const edited = STARTUP_FILES.flatMap((name) => {
    const path = join(context.home, name);
    return isEdited(path) ? [withTilde(path, context.home)] : [];
  });
  return [
    "in the checkout that clauth was installed from:",
    `  sh install.sh --uninstall${prefix}`,
    "without it, by hand:",
    ...(edited.length === 0
      ? []
      : [`  take the lines from "${BEGIN_MARK}" to "${END_MARK}" out of ${edited.join(", ")}`]),
    `  rm ${withTilde(join(bin, "claude"), context.home)} ${withTilde(join(bin, "clauth"), context.home)}`,
    `the profiles stay in ${withTilde(store.root, context.home)} (--purge removes them too); without clauth, one is used by:`,
    `  CLAUDE_CONFIG_DIR=${withTilde(join(store.profiles, "NAME", "runtime"), context.home)} claude`,
  ];
}

/** As scripts/startup-files.sh writes them, and the files that it may write them into. */
const [BEGIN_MARK, END_MARK] = ["# >>> clauth >>>", "# <<< clauth <<<"] as const;

const STARTUP_FILES = [
  ".bash_profile",
  ".bash_login",
  ".profile",
  ".bashrc",
  ".zprofile",
  ".zshrc",
  ".config/fish/conf.d/clauth.fish",
  ".config/fish/config.fish",
] as const;

function isEdited(path: string): boolean {
  try {
    return new TextDecoder().decode(readRegularFile(path)?.bytes).includes(BEGIN_MARK);
  } catch {
    return false;
  }
}
