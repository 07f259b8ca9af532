import { ClauthError } from "../errors.ts";

/**
 * Apple's own program for the Keychain, by its absolute path. Claude Code uses it too: an item that another program wrote asks
 * the user for leave at every read.
 */
const SECURITY = "/usr/bin/security";

let program = SECURITY;

export function securityProgram(): string {
  return program;
}

/** For tests: one that behaves as Apple's; without an argument Apple's again. */
export function testOnlyWithSecurity(other: string = SECURITY): void {
  program = other;
}

export type SecurityCall = {
  readonly program: string;
  /** No secret may stand here: all processes of the system see it. */
  readonly args: readonly string[];
  readonly input?: string;
  /** Which item it is about, for messages. */
  readonly item: string;
};

/**
 * Runs the program, 5 s at most: a question on the screen that nobody answers must not hold a start up. What it says on standard
 * error is never shown, for that may be a command that was cut off, with the secret in it.
 * @returns what it wrote; undefined where there is no such item, or no keychain at all
 * @throws ClauthError `keychain_locked`, `keychain_refused`, `keychain_unanswered` (retry-safe)
 */
export function runSecurity(call: SecurityCall): string | undefined {
  const { args, input, item } = call;
  const { exitCode, stdout } = spawn(call.program, args, input, item);
  if (exitCode === 0) return stdout.toString();
  if (ABSENT.has(exitCode)) return undefined;
  if (LOCKED.has(exitCode)) throw locked(item);
  if (REFUSED.has(exitCode)) throw refused(item);
  throw unanswered(item, exitCode === null ? "gave no answer" : `ended with status ${exitCode}`);
}

function spawn(path: string, args: readonly string[], input: string | undefined, item: string) {
  try {
    const stdin = input === undefined ? "ignore" : new TextEncoder().encode(input);
    return Bun.spawnSync([path, ...args], {
      stdin,
      stdout: "pipe",
      stderr: "pipe",
      timeout: ANSWER_WITHIN_MS,
      killSignal: "SIGKILL",
    });
  } catch {
    throw unanswered(item, "can't be run");
  }
}

const ANSWER_WITHIN_MS = 5000;

// Exit statuses are the low byte of an OSStatus: errSecItemNotFound; no default keychain, no such keychain.
const ABSENT: ReadonlySet<number | null> = new Set([44, 37, 50]);

// errSecInteractionNotAllowed: locked, with no screen to ask for the password on (ssh).
const LOCKED: ReadonlySet<number | null> = new Set([36]);

// errSecAuthFailed, userCanceledErr.
const REFUSED: ReadonlySet<number | null> = new Set([51, 128]);

function locked(item: string): ClauthError {
  return new ClauthError({
    kind: "keychain_locked",
    message: `the Keychain is locked, and Claude Code's login is in its item "${item}"`,
    hint: "security unlock-keychain",
  });
}

function refused(item: string): ClauthError {
  return new ClauthError({
    kind: "keychain_refused",
    message: `the Keychain does not give out Claude Code's login, its item "${item}"`,
    hint: `try again and allow it; or let \`security\` use the item "${item}" in the app Keychain Access`,
  });
}

function unanswered(item: string, what: string): ClauthError {
  return new ClauthError({
    kind: "keychain_unanswered",
    message: `${SECURITY} ${what}, asked for the item "${item}"`,
    hint: "answer what the Keychain asks on the screen, then try again",
    retrySafe: true,
  });
}
