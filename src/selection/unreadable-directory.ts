import { sameFile, statFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { NOT_UTF8 } from "../fs/linux.ts";
import { kernelsWorkingDirectory } from "../fs/working-directory.ts";
import { existsSync } from "../fs.ts";
import { claudeWith } from "../shell-line.ts";

/**
 * Makes sure that nothing which could pick a profile is passed over: Bun knows a directory by its name in UTF-8 alone
 * (other bytes become U+FFFD, measured on 1.4.5), so `entry` can't be read in one that has another name. The kernel can
 * still tell whether it is there, going up from the working directory.
 * @param cwd the working directory of this process, or one that was named in UTF-8
 * @returns the nearest directory upward that can be read by its name
 * @throws ClauthError `cwd_not_utf8`
 */
export function nearestReadable(cwd: string, entry: string): string {
  if (isReadable(cwd)) return cwd;
  const segments = cwd.split("/");
  const readable = segments.findIndex((segment) => segment.includes(NOT_UTF8));
  for (let up = 0; up < segments.length - readable; up++) {
    if (existsSync(`/proc/self/cwd${"/..".repeat(up)}/${entry}`))
      throw refused(cwd, `${entry} can't be read`);
  }
  return segments.slice(0, readable).join("/") || "/";
}

/**
 * Makes sure that a rule is for the very directory that it seems to match: two names that are not UTF-8 are one here.
 * @param directory of the rule, with every symlink resolved
 * @throws ClauthError `cwd_not_utf8`
 */
export function refuseUnreadableRule(cwd: string, directory: string, pattern: string): void {
  if (directory.includes(NOT_UTF8) && !isReadable(cwd))
    throw refused(cwd, `the rule for ${pattern} can't be judged`);
}

/** A name with U+FFFD in it may be somebody's choice, and stand beside the one whose bytes became that. */
function isReadable(cwd: string): boolean {
  if (!cwd.includes(NOT_UTF8) || cwd !== kernelsWorkingDirectory()) return true;
  const [named, here] = [statFile(cwd), statFile("/proc/self/cwd")];
  return here === undefined || (named !== undefined && sameFile(named, here));
}

function refused(cwd: string, what: string): ClauthError {
  return new ClauthError({
    kind: "cwd_not_utf8",
    message: `${what} here: the name of the directory ${JSON.stringify(cwd)} is not UTF-8`,
    hint: `name the profile yourself: ${claudeWith("CLAUTH_PROFILE", "NAME")}`,
    path: cwd,
  });
}
