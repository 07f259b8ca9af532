import { statSync } from "node:fs";
import { dirname } from "node:path";
import type { Context } from "../context.ts";
import { isShim } from "../own-executable.ts";
import { ask } from "./ask.ts";
import type { Finding } from "./finding.ts";
import { filesOnPath } from "./on-path.ts";

/**
 * The shell that was typed into. It remembers where it found a command (`hash`), and nobody else can see that: one that is older
 * than the shim's directory may still start the claude that it knew before.
 * @param shell its process id
 */
export async function checkParentShell(context: Context, shell = process.ppid): Promise<readonly Finding[]> {
  const [first, ...others] = filesOnPath("claude", context);
  if (first === undefined || !isShim(first, context)) return [];
  if (others.every((path) => isShim(path, context))) return [];
  const { name, ageMs } = await processOf(context, shell);
  if (!REMEMBERS.has(name) || Date.now() - ageMs >= madeAt(dirname(first))) return [];
  const message = `this ${name} was started before the shim was there: it may remember another claude`;
  return [{ check: "PATH", level: "warning", message, hint: "hash -r" }];
}

const REMEMBERS: ReadonlySet<string> = new Set(["bash", "zsh", "sh", "dash", "ash", "ksh", "mksh"]);

/**
 * POSIX `ps`; nothing is said where there is none, nor of a shell that began in this moment: its age may come out below zero,
 * which ps prints as millions of years.
 */
async function processOf({ env, home }: Context, pid: number): Promise<{ name: string; ageMs: number }> {
  const argv = ["ps", "-o", "etime=", "-o", "comm=", "-p", String(pid)];
  const said = await ask({ argv, env, cwd: home });
  const [, days = "0", hours = "0", minutes, seconds, command = ""] =
    /^\s*(?:(?:(\d{1,5})-)?(\d+):)?(\d+):(\d+)\s+-?(\S.*)$/m.exec(said ?? "") ?? [];
  const age = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return { name: command.trim().split("/").at(-1) ?? "", ageMs: age * 1000 };
}

/** Of a directory, which an upgrade leaves in its place. 0 where the file system does not say. */
function madeAt(directory: string): number {
  return statSync(directory, { throwIfNoEntry: false })?.birthtimeMs ?? 0;
}
