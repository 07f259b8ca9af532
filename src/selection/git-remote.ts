import { complaintAboutOwner, currentUid } from "../config/ownership.ts";
import { domainError } from "../disk/errno.ts";
import { type FileStat, readRegularFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { lstatSync, statSync } from "../fs.ts";
import { dirname, join, resolve } from "../path.ts";
import { claudeWith } from "../shell-line.ts";
import { nearestReadable } from "./unreadable-directory.ts";

/** The remotes of the repository that a directory is in, as `host/owner/repository`; those without a host left out. */
export type Remotes = { readonly origin: readonly string[]; readonly others: readonly string[] };

/**
 * Reads the remotes from the repository's own config, without running git; worktrees and submodules too. Git's
 * includes and `insteadOf` are not followed.
 * @throws ClauthError `git_config_refused` where another user may have written the config, as git itself refuses; `cwd_not_utf8`.
 */
export function readRemotes(cwd: string, uid: number | undefined = currentUid()): Remotes | undefined {
  for (let directory = nearestReadable(cwd, ".git"); ; directory = dirname(directory)) {
    const config = configOf(join(directory, ".git"));
    const file = config === undefined ? undefined : readRegularFile(config, { maxBytes: MAX_BYTES });
    if (config !== undefined && file !== undefined) {
      refuseForeign(join(directory, ".git"), config, file.stat, uid);
      return remotesIn(new TextDecoder().decode(file.bytes));
    }
    if (dirname(directory) === directory) return undefined;
  }
}

/** The remotes that a git config names. */
export function remotesIn(text: string): Remotes {
  const origin: string[] = [];
  const others: string[] = [];
  for (const { remote, url } of remoteUrls(text)) {
    const normal = normalRemote(url);
    if (normal !== undefined) (remote === "origin" ? origin : others).push(normal);
  }
  return { origin, others };
}

/**
 * `host/path` in lower case, without user, port and `.git`, from an URL or from scp's `host:path`; undefined for a
 * remote without a host: a directory, a bundle, a helper (`ext::`).
 */
export function normalRemote(url: string): string | undefined {
  const [, urlHost, urlPath] =
    /^(?:ssh|git|https?|ftps?|git\+ssh|ssh\+git):\/\/(?:[^/]*@)?([^/:[\]@]+|\[[^\]/]+\])(?::\d*)?\/(.*)$/i.exec(
      url,
    ) ?? [];
  // Git takes `a:b` for scp's form only where no slash comes before the colon; one letter is a drive.
  const [, scpHost, scpPath] = /^(?:[^/@]*@)?([^/:[\]@]{2,}|\[[^\]/]+\]):(?!:|\/\/)(.*)$/.exec(url) ?? [];
  const host = urlHost ?? scpHost;
  const path = (urlHost === undefined ? scpPath : urlPath)
    ?.replace(/[?#].*$/, "")
    .split("/")
    .filter((part) => part !== "")
    .join("/")
    .replace(/\.git$/i, "");
  return host === undefined || path === undefined || path === ""
    ? undefined
    : `${host}/${path}`.toLowerCase();
}

/**
 * The config file that belongs to a `.git`: of a directory its own; a file (worktree, submodule) says `gitdir: PATH`,
 * and a worktree's directory names the shared one in `commondir`.
 */
function configOf(dotGit: string): string | undefined {
  const entry = lookAt(dotGit, statSync);
  if (entry?.isDirectory()) return join(dotGit, "config");
  if (!entry?.isFile()) return undefined;
  const pointed = /^gitdir: ([^\r\n]+)/.exec(readText(dotGit) ?? "")?.[1];
  if (pointed === undefined) return undefined;
  const gitDirectory = resolve(dirname(dotGit), pointed);
  const common = readText(join(gitDirectory, "commondir"))?.replace(/\r?\n$/, "");
  return join(common === undefined ? gitDirectory : resolve(gitDirectory, common), "config");
}

function readText(path: string): string | undefined {
  const file = readRegularFile(path, { maxBytes: MAX_BYTES });
  return file === undefined ? undefined : new TextDecoder().decode(file.bytes);
}

/** The `.git` counts too: in a shared directory another user's could point at a repository of ours. */
function refuseForeign(dotGit: string, config: string, stat: FileStat, uid: number | undefined): void {
  const aboutEntry = complaintAboutOwner({ uid: Number(lookAt(dotGit, lstatSync)?.uid ?? 0), mode: 0 }, uid);
  if (aboutEntry !== undefined) throw refused(dotGit, aboutEntry);
  const complaint = complaintAboutOwner(stat, uid);
  if (complaint !== undefined) throw refused(config, complaint);
}

function lookAt(path: string, look: typeof statSync | typeof lstatSync) {
  try {
    return look(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw domainError(cause, "look at", path);
  }
}

function* remoteUrls(text: string): Generator<{ remote: string; url: string }> {
  let remote: string | undefined;
  for (const line of logicalLines(text)) {
    const [header = "", section, inner = ""] = SECTION.exec(line) ?? [];
    if (section !== undefined) remote = remoteName(section, inner);
    const value = /^\s*url\s*=\s*(.*)$/is.exec(line.slice(header.length))?.[1];
    if (remote !== undefined && value !== undefined) yield { remote, url: unquoted(value) };
  }
}

/** Git lets the first pair follow on the line of the header. */
const SECTION = /^\s*\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/;

function remoteName(section: string, quoted: string): string | undefined {
  if (section.toLowerCase() === "remote") return quoted.replaceAll(/\\(.)/g, "$1");
  return /^remote\.(.+)$/i.exec(section)?.[1]?.toLowerCase();
}

/** A backslash at the end of a line continues it. */
function logicalLines(text: string): string[] {
  return text
    .replace(/^\uFEFF/, "")
    .replaceAll(/\\\r?\n/g, "")
    .split(/\r?\n/);
}

/** A value without quotes, escapes and its comment. */
function unquoted(value: string): string {
  let plain = "";
  let quoted = false;
  let kept = 0;
  for (let index = 0; index < value.length; index += 1) {
    const character = value[index];
    if (character === '"') quoted = !quoted;
    else if (!quoted && (character === "#" || character === ";")) break;
    else if (character === "\\") plain += value[++index] ?? "";
    else plain += character;
    if (quoted || (character !== " " && character !== "\t")) kept = plain.length;
  }
  return plain.slice(0, kept);
}

const MAX_BYTES = 1024 * 1024;

function refused(path: string, complaint: string): ClauthError {
  return new ClauthError({
    kind: "git_config_refused",
    message: `${path} ${complaint}, so its remotes can't pick an account`,
    hint: `name the profile yourself: ${claudeWith("CLAUTH_PROFILE", "NAME")}`,
    path,
  });
}
