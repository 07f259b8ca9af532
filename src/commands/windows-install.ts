import type { Context } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { isShim } from "../own-executable.ts";
import { notice } from "../report.ts";
import { installExecutables } from "../windows/executables.ts";
import { registry } from "../windows/registry.ts";
import { isFullWindowsPath } from "../windows/search-path.ts";
import { foundInNewConsole, putFirstOnUserPath } from "../windows/user-path.ts";
import { type Command, command } from "./command.ts";

/** The hidden `clauth __install`, the work of install.ps1: this executable into a directory, and that first on the user's PATH. */
export function windowsInstall(context: Context): Command {
  return command({
    name: "__install",
    summary: "install this executable, for install.ps1",
    args: {
      bin: { type: "string", required: true, description: "the directory of both names" },
      "leave-path": { type: "boolean", description: "don't touch the user's PATH" },
    },
    run: ({ bin, "leave-path": leavePath }) => {
      refuseElsewhere(context);
      refuseOnPath(bin);
      installExecutables(context, bin);
      context.stdout.write(`installed claude.exe and clauth.exe in ${bin}\n`);
      if (leavePath) return 0;
      if (putFirstOnUserPath(bin, registry, context.env))
        context.stdout.write(`${bin} is first on your PATH\n`);
      sayWhatIsFound(context);
      return 0;
    },
  });
}

/** @throws ClauthError `not_windows` */
export function refuseElsewhere({ platform }: Pick<Context, "platform">): void {
  if (platform === "win32") return;
  throw new ClauthError({
    kind: "not_windows",
    message: "this is the work of install.ps1, on Windows",
    hint: "sh install.sh",
  });
}

function refuseOnPath(bin: string): void {
  if (isFullWindowsPath(bin) && !/[;"%]/.test(bin)) return;
  throw new ClauthError({
    kind: "prefix_invalid",
    message: `${bin} can't be on PATH: it is not a full path, or has a semicolon, a quote or a percent sign in it`,
    hint: "choose another directory with -Prefix",
    exitCode: 2,
  });
}

/** The machine's PATH comes before the user's, and only an administrator can change it. */
function sayWhatIsFound(context: Context): void {
  const found = foundInNewConsole("claude", registry, context.env);
  if (found === undefined || isShim(found, context)) return;
  notice(
    context,
    `a new console takes ${found} for claude: the machine's PATH comes before yours. An administrator can take it out there`,
  );
}
