import { readFileSync } from "node:fs";
import type { Watched } from "./stopwatch.ts";

/** What the runs of `stopwatch.ts` left. */
export function readWatched(file: string): readonly Watched[] {
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line): Watched => JSON.parse(line));
}
