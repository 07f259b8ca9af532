import type { Context } from "../context.ts";
import { notice } from "../report.ts";
import { deny as rememberDenied } from "../selection/remember-trust.ts";
import { shellWord } from "../shell-line.ts";
import { type Command, command } from "./command.ts";
import { nearestRcFile, rcFilePath } from "./rc-file-argument.ts";
import { writableStore } from "./store.ts";

/** `clauth deny`: a .clauthrc that may never pick, whatever it holds; it need not be a valid one. */
export function deny(context: Context): Command {
  return command({
    name: "deny",
    summary: "never let a .clauthrc pick a profile",
    args: {
      file: { type: "positional", required: false, description: "the nearest one where none is given" },
    },
    examples: [["clauth deny", "the nearest .clauthrc; clauth allow takes it back"]],
    run: ({ file }) => {
      const path = file === undefined ? nearestRcFile(context).path : rcFilePath(context, file);
      rememberDenied(writableStore(context), path);
      notice(context, `${path} may not pick a profile; clauth allow ${shellWord(path)} takes that back`);
      return 0;
    },
  });
}
