import { disk } from "./disk.ts";

export type Replacement = {
  /** Finds nothing wrong with the file at this path, or throws. */
  readonly judge: (path: string) => void;
  /** Told that the new file stood at the target for a moment, where somebody may have read it, before it is taken away again. */
  readonly shown?: (() => void) | undefined;
  /** Told where a file stands that another program wrote and that has no name of its own any more. */
  readonly displaced?: ((path: string) => void) | undefined;
};

/**
 * Gives a finished temporary file the name of a target that is to be what was judged. The last look stands right before the new name,
 * and what came in between (however long this process is stopped there) is put back.
 */
export function replaceJudged(temporary: string, target: string, replacement: Replacement): void {
  const { judge, shown, displaced } = replacement;
  judge(target);
  const ours = markOf(temporary);
  if (!disk.exchange(temporary, target)) {
    disk.rename(temporary, target);
    return;
  }
  // What stood at the target in that very moment stands at the temporary name now.
  try {
    judge(temporary);
  } catch (cause) {
    shown?.();
    if (!putBack(temporary, target, ours)) displaced?.(temporary);
    throw cause;
  }
  removeTemporary(temporary);
}

/** A leftover is swept later; the first failure is the one to report. */
export function removeTemporary(path: string): void {
  try {
    disk.unlink(path);
  } catch {}
}

/**
 * Gives what came out its place again, unless another program wrote there meanwhile: then that later file stays.
 * @returns false where what came out is now at no other name than the temporary one
 */
function putBack(temporary: string, target: string, ours: Mark): boolean {
  let placed = ours;
  for (let tries = 0; tries < 100; tries++) {
    const held = markOf(temporary);
    if (!disk.exchange(temporary, target)) return renamedBack(temporary, target);
    // What comes out is what stood there till then: what we had put there, or something later.
    if (markOf(temporary) === placed) return placed === ours;
    placed = held;
  }
  return false;
}

/** Where nothing stands there any more, or no exchange is possible in this moment. */
function renamedBack(temporary: string, target: string): boolean {
  try {
    disk.rename(temporary, target);
    return true;
  } catch {
    return false;
  }
}

/** Which file stands under a name, whatever is in it. */
type Mark = string | undefined;

function markOf(path: string): Mark {
  const stat = disk.lstatIfThere(path);
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}
