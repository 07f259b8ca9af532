import type { Context } from "../context.ts";
import { storeOf } from "../paths.ts";
import { type Command, command } from "./command.ts";

/** `clauth uninstall`: what was installed by a script is removed by it; it also knows the startup files that it edited. */
export function uninstall(context: Context): Command {
  return command({
    name: "uninstall",
    summary: "show how to remove clauth",
    args: {},
    run: () => {
      const [call, purge] =
        context.platform === "win32"
          ? ["powershell -ExecutionPolicy Bypass -File install.ps1 -Uninstall", "-Purge"]
          : ["sh install.sh --uninstall", "--purge"];
      context.stdout.write(
        [
          `in the checkout that clauth was installed from: ${call}`,
          `the profiles stay in ${storeOf(context).root}; ${purge} removes them too`,
          "",
        ].join("\n"),
      );
      return 0;
    },
  });
}
