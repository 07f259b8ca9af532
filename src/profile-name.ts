import { ClauthError } from "./errors.ts";

declare const brand: unique symbol;

/**
 * The name of a profile: 1-64 of `[A-Za-z0-9._@+-]`, no leading dot or dash, no final dot, never a verb, never `*.lock`, and no
 * device of Windows: a store may travel.
 */
export type ProfileName = string & { readonly [brand]: "ProfileName" };

/** The reserved selection that means the untouched real Claude Code in `~/.claude`, as pyenv uses the word. */
export const SYSTEM = "system";

/**
 * Parses a name as it came from outside. Exact: no trimming, no case folding.
 * @throws ClauthError `profile_name_invalid`, or `secret_as_name` (nothing echoed) for what looks like a token.
 */
export function parseProfileName(text: string): ProfileName {
  const complaint = complaintAbout(text);
  if (complaint === undefined && isProfileName(text)) return text;
  if (looksLikeSecret(text) || looksLikeToken(text)) throw secretAsName();
  throw new ClauthError({
    kind: "profile_name_invalid",
    message: `${JSON.stringify(text.slice(0, 80))} is not a profile name: ${complaint}`,
    hint: sameName(text, SYSTEM)
      ? "clauth add NAME --home gives the login in ~/.claude a name"
      : "a name has 1 to 64 letters, digits or . _ @ + - and starts with neither a dot nor a dash",
  });
}

/** True for a name that `parseProfileName` accepts. */
export function isProfileName(text: string): text is ProfileName {
  return complaintAbout(text) === undefined && !looksLikeSecret(text);
}

/** Names are compared without regard to case, because some file systems do so too. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Of the names the one that a mistyped word probably means: at most two letters off, and more than two right. */
export function nearestName<Name extends string>(word: string, names: readonly Name[]): Name | undefined {
  const typed = word.toLowerCase().slice(0, 64);
  const near = names
    .map((name) => ({ name, distance: editDistance(typed, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= 2 && name.length - distance >= 2)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.name;
}

/** How many letters have to be put in, taken out, replaced or swapped with the next one (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let at = 1; at <= to.length; at += 1) {
      const replaced = (last[at - 1] ?? 0) + (from[row - 1] === to[at - 1] ? 0 : 1);
      const swaps = row > 1 && at > 1 && from[row - 1] === to[at - 2] && from[row - 2] === to[at - 1];
      const swapped = swaps ? (beforeLast[at - 2] ?? 0) + 1 : replaced;
      current.push(Math.min(replaced, swapped, (last[at] ?? 0) + 1, (current[at - 1] ?? 0) + 1));
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length] ?? 0;
}

function complaintAbout(text: string): string | undefined {
  if (text === "") return "it is empty";
  if (text !== text.trim()) return "it has a space or a line end around it";
  if (text.length > 64) return "it is longer than 64 characters";
  for (const letter of text) if (!LETTERS.includes(letter)) return "it has a character that names can't have";
  if (text.startsWith(".") || text.startsWith("-")) return "it starts with a dot or a dash";
  if (text.endsWith(".")) return "it ends in a dot, which Windows drops";
  const folded = text.toLowerCase();
  if (isOneOf(DEVICES, folded.split(".")[0] ?? "")) return "it is a device on Windows, with any extension";
  if (folded.endsWith(".lock")) return "it ends in .lock, as Claude Code's lock directories do";
  if (folded === SYSTEM) return `"${SYSTEM}" is reserved for the untouched Claude Code`;
  if (isOneOf(VERBS, folded)) return "it is a verb of clauth";
  return undefined;
}

/** Of words in one text, between spaces: a Set or a pattern costs a start 50,000 instructions before its first answer (Bun 1.4.5). */
function isOneOf(words: string, word: string): boolean {
  return words.includes(` ${word} `);
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@+-";

/** With any extension. Superscript digits and CONIN$ are devices too, of letters that no name has. */
const DEVICES =
  " con prn aux nul com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt0 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9 ";

/** Every verb of `clauth`; a profile of that name could not be told from the verb. */
const VERBS =
  " add list remove rename login logout local global rule allow deny which run exec sessions sync doctor backups completions uninstall current statusline editor import help version ";

/** Says nothing of the text. */
function secretAsName(): ClauthError {
  return new ClauthError({
    kind: "secret_as_name",
    message: "a token stands where a profile name belongs (it is not shown here)",
    hint: "remove it, and give keys by `clauth add NAME --api-key`, which reads them from a prompt or standard input",
  });
}

/** True for what holds a token or a key of Anthropic. */
export function looksLikeSecret(text: string): boolean {
  return text.toLowerCase().includes("sk-ant-");
}

/** Keys of other servers, signed tokens (RFC 7519: three parts, the first an encoded JSON object), and an address with a password. */
export function looksLikeToken(text: string): boolean {
  return /(^|=)(sk-[\w-]{20,}|eyJ[\w-]+\.[\w-]+\.[\w-]*)$|:\/\/[^\s/@:]*:[^\s/@]+@/.test(text);
}
