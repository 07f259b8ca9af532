import { fstatSync, readSync } from "node:fs";
import type { Context } from "../context.ts";
import { domainError } from "../disk/errno.ts";
import { ClauthError, errnoOf } from "../errors.ts";
import { isTerminal } from "../fs/terminal.ts";
import { pause } from "../pause.ts";

/** What a person types or a program pipes in. Secrets come this way alone, never by argv. */
export type Input = {
  readonly isTerminal: boolean;
  /** All of standard input. */
  all(): Uint8Array;
  /** Reads what a program pipes in and drops it, so that it does not find its pipe closed. Waits for no terminal. */
  drop(): void;
  /** One line, after a prompt on stderr. */
  line(prompt: string): string;
  /** The same without showing what is typed. */
  secret(prompt: string): string;
};

export function standardInput({ stderr }: Pick<Context, "stderr">): Input {
  return {
    get isTerminal() {
      return isTerminal(0) && stderr.isTerminal;
    },
    all: () => Buffer.concat([...chunks()]),
    // A terminal and /dev/null are character devices.
    drop: () => {
      if (!fstatSync(0).isCharacterDevice()) for (const _ of chunks());
    },
    line: (prompt) => {
      stderr.write(prompt);
      return until(NEWLINE);
    },
    secret: (prompt) => hidden(prompt, stderr.write),
  };
}

const NEWLINE = 10;

/** Reads no further than the line's end: what follows is for whoever reads next. */
function until(end: number): string {
  const bytes: number[] = [];
  for (let byte = nextByte(); byte !== undefined && byte !== end; byte = nextByte()) bytes.push(byte);
  return new TextDecoder().decode(Uint8Array.from(bytes)).replace(/\r$/, "");
}

/**
 * In raw mode nothing is echoed, and the keys that edit and interrupt arrive as characters. It begins before anybody is asked: a
 * key that is pasted at once would be shown.
 */
function hidden(prompt: string, write: (text: string) => void): string {
  process.stdin.setRawMode(true);
  try {
    write(prompt);
    const bytes: number[] = [];
    for (let byte = nextByte(); byte !== undefined && !ENTER.includes(byte); byte = nextByte()) {
      if (byte === INTERRUPT) throw interrupted();
      if (BACKSPACE.includes(byte)) bytes.pop();
      else bytes.push(byte);
    }
    return new TextDecoder().decode(Uint8Array.from(bytes));
  } finally {
    process.stdin.setRawMode(false);
    write("\n");
  }
}

const ENTER: readonly number[] = [NEWLINE, 13, 4];
const BACKSPACE: readonly number[] = [8, 127];
const INTERRUPT = 3;

function nextByte(): number | undefined {
  return read(new Uint8Array(1))?.[0];
}

function* chunks(): Generator<Uint8Array> {
  let total = 0;
  for (let chunk = read(new Uint8Array(65536)); chunk !== undefined; chunk = read(new Uint8Array(65536))) {
    total += chunk.length;
    if (total > MAX_BYTES) throw tooMuch();
    yield chunk;
  }
}

const MAX_BYTES = 1024 * 1024;

/** A standard input that was made non-blocking by somebody else says EAGAIN until there is something. */
function read(into: Uint8Array): Uint8Array | undefined {
  for (;;) {
    try {
      const count = readSync(0, into);
      return count === 0 ? undefined : into.subarray(0, count);
    } catch (error) {
      if (errnoOf(error) === "EOF") return undefined;
      if (errnoOf(error) !== "EAGAIN") throw domainError(error, "read", "standard input");
      pause(5);
    }
  }
}

function interrupted(): ClauthError {
  return new ClauthError({
    kind: "interrupted",
    message: "interrupted; nothing was changed",
    hint: "type the same command again",
  });
}

function tooMuch(): ClauthError {
  return new ClauthError({
    kind: "input_too_large",
    message: "standard input holds more than 1 MiB",
    hint: "give it the login or the key alone, a few hundred bytes",
  });
}
