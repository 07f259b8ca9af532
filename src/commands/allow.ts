import type { Context } from "../context.ts";
import { notice } from "../report.ts";
import { allow as rememberAllowed } from "../selection/remember-trust.ts";
import { type Command, command } from "./command.ts";
import { nearestRcFile, rcFileAt } from "./rc-file-argument.ts";
import { writableStore } from "./store.ts";

/** `clauth allow`: vouches for one content of one .clauthrc; an edit of it asks again. */
export function allow(context: Context): Command {
  return command({
    name: "allow",
    summary: "vouch for a .clauthrc as it is now",
    args: {
      file: { type: "positional", required: false, description: "the nearest one where none is given" },
    },
    examples: [["clauth allow", "the nearest .clauthrc"]],
    run: ({ file }) => {
      const rcFile = file === undefined ? nearestRcFile(context) : rcFileAt(context, file);
      rememberAllowed(writableStore(context), rcFile);
      notice(context, `${rcFile.path} may pick "${rcFile.choice}"`);
      return 0;
    },
  });
}
