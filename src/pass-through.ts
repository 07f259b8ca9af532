import { ptr } from "bun:ffi";
import { isCalled, isCompiled } from "./called-as.ts";
import { areTight, placesInStore } from "./disk/tight.ts";
import { enclosingClaude, GUARD } from "./enclosing-claude.ts";
import { firstOnPath } from "./first-on-path.ts";
import { isMissing } from "./fs/glance.ts";
import { answer, answerAt, CALLS, isLinux, NOT_UTF8, systemCall } from "./fs/linux.ts";
import { kernelsWorkingDirectory } from "./fs/working-directory.ts";
import { openLibc } from "./libc.ts";
import { isPlain } from "./path.ts";
import { handedOver } from "./run/handed-over.ts";
import { pointerVector } from "./run/pointer-vector.ts";
import { IGNORED_BY_BUN } from "./run/signals.ts";
import { findRcFile } from "./selection/find-rc-file.ts";

/**
 * Becomes claude at once where nothing could pick a profile for this call, and nothing has to be said or mended: the short way of
 * what `runClaude` would do. It returns, with nothing done, wherever that is not plain to see, and `runClaude` decides.
 *
 * Few modules and few functions, because that is what it is for: the first call of a function costs more than ten system calls, and all
 * that `runClaude` needs to be there 2.5 million instructions (measured on Bun 1.4.5).
 */
export function passThrough(): void {
  const { argv0, env } = process;
  const args = process.argv.slice(2);
  if (!isLinux || !isPlainCall(args, argv0)) return;
  if (env["CLAUTH_CLAUDE"] || env["WSL_DISTRO_NAME"]) return;
  if (env[GUARD]?.endsWith(`:${enclosingClaude(env)}`)) return;
  if (env["CLAUTH_BYPASS"] === "1" || isNobodys(env)) becomeFirstOnPath();
}

/** Becomes the first claude on PATH with what the caller gave, where it is plain which and what. Else it returns, with nothing done. */
export function becomeFirstOnPath(): void {
  const { argv, argv0, env, execPath } = process;
  const claude = firstOnPath(env["PATH"] ?? "", execPath);
  const descriptors = claude === undefined ? undefined : handedOver();
  if (claude !== undefined && descriptors !== undefined)
    become(claude, [argv0, ...argv.slice(2)], `1:${enclosingClaude(env)}`, descriptors);
}

/** Called as `claude`, by an executable of ours, and not by an editor that put another program before the arguments. */
export function isPlainCall(args: readonly string[], calledAs: string): boolean {
  if (!isCompiled() || !isCalled("claude", { calledAs }) || args[0]?.startsWith("/")) return false;
  return !calledAs.includes(NOT_UTF8) && !args.join("").includes(NOT_UTF8);
}

/** No level of the selection has anything to go by. */
function isNobodys(env: NodeJS.ProcessEnv): boolean {
  const { CLAUTH_PROFILE, CLAUTH_ACTIVE_PROFILE, CLAUDE_CONFIG_DIR, CLAUTH_DEBUG, CLAUTH_HOME, HOME } = env;
  if (CLAUTH_PROFILE || CLAUTH_ACTIVE_PROFILE || CLAUDE_CONFIG_DIR || CLAUTH_DEBUG) return false;
  const store = CLAUTH_HOME || `${HOME}/.clauth`;
  // What is not there has its dots taken out of its name, and may be there then.
  if (!isPlain(store) || HOME?.startsWith("/") !== true || !hasNoRcFile()) return false;
  return isMissing(`${store}/clauth.toml`) && areTight(placesInStore(store), systemCall(CALLS.geteuid, 0));
}

/** There is no `.clauthrc` in the working directory, nor in any above it. */
function hasNoRcFile(): boolean {
  const cwd = kernelsWorkingDirectory();
  return cwd !== "" && !cwd.includes(NOT_UTF8) && findRcFile(cwd, "/") === undefined;
}

/** What `exec` of run/process-calls.ts does, with the environment as C has it. Returns where the kernel refuses. */
function become(path: string, argv: readonly string[], guard: string, descriptors: readonly number[]): void {
  const { execv, setenv, unsetenv } = openLibc({
    execv: { args: ["u64", "ptr"], returns: "i32" },
    setenv: { args: ["u64", "u64", "i32"], returns: "i32" },
    unsetenv: { args: ["u64"], returns: "i32" },
  }).symbols;
  const block = new TextEncoder().encode([path, GUARD, guard, ...argv, ""].join("\0"));
  const start = ptr(block);
  const strings: number[] = [];
  for (let at = 0; at < block.length; at = block.indexOf(0, at) + 1) strings.push(start + at);
  const [pathAt = 0, nameAt = 0, guardAt = 0] = strings;
  const vector = pointerVector(strings.slice(3));
  // Of a name that stands there twice it replaces the first alone, and a program may go by the last.
  unsetenv(nameAt);
  setenv(nameAt, guardAt, 1);
  for (const descriptor of descriptors) systemCall(CALLS.fcntl, descriptor, F_SETFD, 0);
  answer.fill(0, 0, SIGACTION_BYTES);
  for (const signal of IGNORED_BY_BUN) systemCall(CALLS.rt_sigaction, signal, answerAt, 0, SIGSET_BYTES);
  execv(pathAt, ptr(vector));
}

const F_SETFD = 2;
/** As the kernel has them: a struct sigaction of zeros is the default action. */
const SIGACTION_BYTES = 32;
const SIGSET_BYTES = 8;
