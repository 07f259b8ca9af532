import { disk } from "./disk.ts";
import { piecesOf } from "./pieces.ts";
import { equalBytes } from "./write-file.ts";

/** Whether two files hold the same, whatever their size. A link in the place of the first is not followed. */
export function haveSameBytes(path: string, other: string): boolean {
  return disk.lstat(path).size === disk.stat(other).size && beginsWith(path, other);
}

/** Whether a file has all the bytes of another, and maybe more behind them. A link in its place is not followed. */
export function beginsWith(path: string, beginning: string): boolean {
  const pieces = piecesOf(path, false);
  try {
    for (const wanted of piecesOf(beginning)) {
      const { done, value } = pieces.next();
      if (done === true || !equalBytes(value.subarray(0, wanted.length), wanted)) return false;
    }
    return true;
  } finally {
    pieces.return();
  }
}
