import { join } from "node:path";
import type { Choice } from "../config/choice.ts";
import { complaintAboutOwner } from "../config/ownership.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { removeFile } from "../disk/remove-file.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { shellWord } from "../shell-line.ts";
import { decodeUtf8KeepingMark } from "../utf8.ts";
import { RC_FILE } from "./find-rc-file.ts";

/**
 * Makes the rc file of a directory name a profile; comments in it stay.
 * @returns its path, and the bytes that it holds now
 * @throws ClauthError `rc_file_refused` for a file that could not be believed afterwards either
 */
export function writeRcFile(directory: string, choice: Choice): { path: string; bytes: Uint8Array } {
  const path = join(directory, RC_FILE);
  const present = readOwn(path);
  const bytes = new TextEncoder().encode(
    withChoice(present === undefined ? "" : textOf(path, present.bytes), choice),
  );
  writeFileAtomic(path, bytes, { mode: 0o644, keepMode: true, expect: present ?? "absent" });
  return { path, bytes };
}

/** Removes the rc file of a directory. Undefined where there is none. */
export function removeRcFile(directory: string): string | undefined {
  const path = join(directory, RC_FILE);
  const present = readOwn(path);
  if (present === undefined) return undefined;
  textOf(path, present.bytes);
  removeFile(path);
  return path;
}

/** The text with the choice as its one line that counts: in the place of the first, every other one is dropped. */
export function withChoice(text: string, choice: Choice): string {
  const [mark, body] = text.startsWith("\uFEFF") ? ["\uFEFF", text.slice(1)] : ["", text];
  const newline = body.includes("\r\n") ? "\r\n" : "\n";
  const lines = body === "" ? [] : body.replace(/\r?\n$/, "").split(/\r?\n/);
  const at = lines.findIndex(counts);
  const named = lines[at]?.includes("=") === true ? `profile = "${choice}"` : choice;
  const kept = lines
    .map((line, index) => (index === at ? named : line))
    .filter((line, index) => index === at || !counts(line));
  return mark + [...kept, ...(at === -1 ? [named] : [])].join(newline) + newline;
}

function counts(line: string): boolean {
  return line.trim() !== "" && !line.trimStart().startsWith("#");
}

function readOwn(path: string) {
  const file = readRegularFile(path, { maxBytes: 4096 });
  const complaint = file === undefined ? undefined : complaintAboutOwner(file.stat);
  if (complaint !== undefined) throw refused(path, complaint);
  return file;
}

function textOf(path: string, bytes: Uint8Array): string {
  const text = decodeUtf8KeepingMark(bytes);
  if (text === undefined) throw refused(path, "is not UTF-8 text");
  return text;
}

function refused(path: string, complaint: string): ClauthError {
  return new ClauthError({
    kind: "rc_file_refused",
    message: `${path} ${complaint}, so it was left alone`,
    hint: `look at it, then: rm ${shellWord(path)}`,
    path,
  });
}
