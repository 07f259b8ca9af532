import { dirname } from "node:path";
import { checkpoint } from "../checkpoint.ts";
import { disk } from "../disk/disk.ts";
import { concurrentModification } from "../disk/errno.ts";
import { temporaryBeside } from "../disk/write-file.ts";
import { errnoOf } from "../errors.ts";
import { quarantineCopy, quarantineFile, REMOVED } from "../quarantine.ts";
import { copyNew } from "../tree/copy-new.ts";
import { sameFileFacts } from "../tree/inspect.ts";
import { removeLink } from "../tree/put-link.ts";
import { isTooMuch } from "./decide.ts";
import { fail, type Pass, pathOn, type Removal } from "./pass.ts";

/**
 * Carries out what the other side removed, if it is little enough for somebody who cleaned up, or confirmed.
 * @returns why nothing was removed, where it is not
 */
export function carryRemovals(pass: Pass, confirmed: boolean): string | undefined {
  const removals = onceEach(pass.removals);
  const lost = removals.filter((removal) => isLost(pass, removal)).length;
  const known = confirmed ? 0 : pass.index.countFiles(lost * 10);
  if (!confirmed && isTooMuch(lost, known)) {
    return `${lost} of ${known} files are missing on one side: none was removed from the other`;
  }
  for (const removal of removals) {
    try {
      remove(pass, removal);
    } catch (cause) {
      fail(pass, removal.name, cause);
    }
  }
  return undefined;
}

/** Of what was told by its own name and by its directory's there are two. The later look counts. */
function onceEach(removals: readonly Removal[]): readonly Removal[] {
  return [...new Map(removals.map((removal) => [`${removal.from} ${removal.name}`, removal])).values()];
}

/** What has another name now is not. */
function isLost(pass: Pass, removal: Removal): boolean {
  return removal.do === "remove" ? !pass.created.has(removal.hash) : removal.do === "remove-link";
}

function remove(pass: Pass, removal: Removal): void {
  const { name, from } = removal;
  const path = pathOn(pass, from, name);
  switch (removal.do) {
    case "remove":
      if (isLost(pass, removal)) quarantineCopy(pass.places, REMOVED + name, path);
      checkpoint("mirror-removal-set-aside");
      removeJudged(path, removal);
      break;
    case "remove-link":
      removeLinkKeepingText(pass, name, path);
      break;
    case "remove-directory":
      // What came to be in it meanwhile is the next pass's.
      if (!removeIfEmpty(path)) return;
  }
  checkpoint("mirror-removed");
  pass.unsynced.add(dirname(path));
  pass.index.forget(name);
  pass.done.push({ do: removal.do, name, to: from });
}

function removeLinkKeepingText(pass: Pass, name: string, path: string): void {
  const text = disk.readlink(path);
  quarantineFile(pass.places, `${REMOVED}${name}.link`, new TextEncoder().encode(`${text}\n`));
  removeLink(path, text);
}

/** Taken from its name before the last look: what somebody wrote there in this very moment gets its name back. */
function removeJudged(path: string, { stat }: Extract<Removal, { do: "remove" }>): void {
  const aside = temporaryBeside(path);
  disk.rename(path, aside);
  try {
    if (!sameFileFacts(disk.lstat(aside), stat)) throw concurrentModification(path);
    checkpoint("mirror-removal-aside");
    disk.unlink(aside);
  } catch (cause) {
    copyNew(aside, path);
    disk.unlink(aside);
    throw cause;
  }
}

function removeIfEmpty(path: string): boolean {
  try {
    disk.removeEmptyDirectory(path);
    return true;
  } catch (cause) {
    if (["ENOTEMPTY", "EEXIST"].includes(errnoOf(cause) ?? "")) return false;
    if (errnoOf(cause) === "ENOENT") return true;
    throw cause;
  }
}
