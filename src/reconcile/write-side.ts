import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { type Beforehand, writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { equalJson, formatLike, type JsonObject } from "../json.ts";
import { type Deletion, mergeObjects } from "../merge/three-way.ts";
import { type DocumentSide, goodValue, judgeSide } from "./document.ts";
import { knownAs } from "./parse-once.ts";

export type Told = {
  /** Told once the document stood at its name, even where the write fails after that. */
  readonly shown?: (() => void) | undefined;
  /** Keeps what would be at no name any more. */
  readonly keep: (displaced: FileContent) => void;
};

/** A document, the bytes that were made of it, and the file that these were written to already. */
export type Merged = {
  readonly value: JsonObject;
  readonly bytes: Uint8Array;
  readonly beforehand?: Beforehand | undefined;
};

/**
 * Writes a merged document over what was judged. What another program wrote in that very moment, and is at no name any more, is
 * merged into what stands there, or kept.
 * @throws ClauthError `concurrent_modification` (retry-safe) where the side changed since it was read; otherwise as `domainError`
 */
export function writeSide(
  path: string,
  side: DocumentSide,
  { value, bytes, beforehand }: Merged,
  { shown, keep }: Told,
): void {
  const before = side.kind === "missing" ? undefined : side.content;
  let displaced: FileContent | undefined;
  try {
    writeFileAtomic(path, bytes, {
      mode: 0o600,
      keepMode: true,
      expect: before ?? "absent",
      beforehand,
      displaced: (content) => {
        displaced = content;
      },
      ...(shown && { shown }),
    });
    knownAs(bytes, value);
  } catch (error) {
    if (displaced !== undefined && !isBroughtBack(path, side, displaced, keep)) keep(displaced);
    throw error;
  }
}

/**
 * Claude Code wrote in the moment of our write, and once more before that could be undone: it may have read ours in between. What
 * its first write changed is merged into the second, or a third that comes meanwhile.
 */
function isBroughtBack(
  path: string,
  judged: DocumentSide,
  displaced: FileContent,
  keep: Told["keep"],
): boolean {
  const [base, theirs] = [goodValue(judged), goodValue(judgeSide(displaced))];
  // What the second write removed it had read; what the first one lacks may have been taken by a reset.
  const deletion = ({ missingOn }: Deletion) => (missingOn === "home" ? "carry" : "restore");
  for (let tries = 0; theirs !== undefined && tries < 3; tries++) {
    try {
      const now = judgeSide(readRegularFile(path));
      if (now.kind !== "ok") return false;
      const sides = { base: base ?? {}, home: now.value, tree: theirs } as const;
      const { home: merged } = mergeObjects({ ...sides, later: "home", deletion });
      const bytes = formatLike(merged, now.content.bytes);
      if (!equalJson(merged, now.value)) writeSide(path, now, { value: merged, bytes }, { keep });
      return true;
    } catch (error) {
      if (!(error instanceof ClauthError)) throw error;
    }
  }
  return false;
}
