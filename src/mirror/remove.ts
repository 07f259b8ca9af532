import { dirname } from "node:path";
import { checkpoint } from "../checkpoint.ts";
import { disk } from "../disk/disk.ts";
import { concurrentModification, temporaryBeside } from "../disk/write-file.ts";
import { errnoOf } from "../errors.ts";
import { quarantineFile } from "../quarantine.ts";
import { copyNew } from "../tree/copy-new.ts";
import { sameFileFacts } from "../tree/inspect.ts";
import { readAgain } from "./carry-file.ts";
import { isTooMuch } from "./decide.ts";
import { fail, type Pass, pathOn, type Removal } from "./pass.ts";

/**
 * Carries out what the other side removed, if it is little enough for a user who cleaned up.
 * @returns why nothing was removed, where it is not
 */
export function carryRemovals(pass: Pass): string | undefined {
  const files = pass.removals.filter((removal) => removal.do !== "remove-directory").length;
  const known = pass.index.countFiles(COUNTED_FILES);
  if (isTooMuch(files, known)) {
    return `${files} files of ${known < COUNTED_FILES ? known : "many"} are missing on one side: none was removed from the other`;
  }
  for (const removal of pass.removals) {
    try {
      remove(pass, removal);
    } catch (cause) {
      fail(pass, removal.name, cause);
    }
  }
  return undefined;
}

/** Twenty are a tenth of so many: beyond it the number makes no difference. */
const COUNTED_FILES = 201;

function remove(pass: Pass, removal: Removal): void {
  const { name, from } = removal;
  const path = pathOn(pass, from, name);
  if (removal.do === "remove-directory") {
    // Only where it is empty: what came to be in it meanwhile is the next pass's.
    if (!removeIfEmpty(path)) return;
  } else if (removal.do === "remove-link") {
    const text = disk.readlink(path);
    quarantineFile(pass.places, `${name}.link`, new TextEncoder().encode(`${text}\n`));
    if (disk.readlink(path) !== text) throw concurrentModification(path);
    disk.unlink(path);
  } else {
    quarantineFile(pass.places, name, readAgain(path, removal));
    checkpoint("mirror-removal-set-aside");
    removeJudged(path, removal);
  }
  checkpoint("mirror-removed");
  pass.unsynced.add(dirname(path));
  pass.index.forget(name);
  pass.done.push({ do: removal.do, name, to: from });
}

/** Taken from its name before the last look: what somebody wrote there in this very moment gets its name back. */
function removeJudged(path: string, { stat }: Extract<Removal, { do: "remove" }>): void {
  const aside = temporaryBeside(path);
  disk.rename(path, aside);
  if (!sameFileFacts(disk.lstat(aside), stat)) {
    copyNew(aside, path);
    disk.unlink(aside);
    throw concurrentModification(path);
  }
  disk.unlink(aside);
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
