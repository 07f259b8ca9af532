import { ClauthError } from "../errors.ts";
import { existsSync } from "../fs.ts";
import { claudeWith } from "../shell-line.ts";

/**
 * Makes sure that nothing which could pick a profile is passed over: Bun knows a directory by its name in UTF-8 alone
 * (other bytes become U+FFFD, measured on 1.4.5), so `entry` can't be read in one that has another name. The kernel can
 * still tell whether it is there, going up from the working directory.
 * @param cwd the working directory of this process
 * @throws ClauthError `cwd_not_utf8`
 */
export function refuseUnreadable(cwd: string, entry: string): void {
  if (!cwd.includes(NOT_UTF8) || existsSync(cwd)) return;
  const segments = cwd.split("/");
  const unreadable = segments.length - segments.findIndex((segment) => segment.includes(NOT_UTF8));
  for (let up = 0; up < unreadable; up++) {
    if (existsSync(`/proc/self/cwd${"/..".repeat(up)}/${entry}`)) throw refused(cwd, entry);
  }
}

const NOT_UTF8 = "\ufffd";

function refused(cwd: string, entry: string): ClauthError {
  return new ClauthError({
    kind: "cwd_not_utf8",
    message: `${entry} can't be read here: the name of the directory ${JSON.stringify(cwd)} is not UTF-8`,
    hint: `name the profile yourself: ${claudeWith("CLAUTH_PROFILE", "NAME")}`,
    path: cwd,
  });
}
