import { renameSync, writeFileSync } from "node:fs";

/** Replaces a file, or a link, by a rename, as Claude Code does. */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.tmp.${process.pid}.0000`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, path);
}
