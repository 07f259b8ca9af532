import { waitFor } from "./wait-for.ts";

/** A program on a terminal of its own: what it printed, and a keyboard. Not on Windows (`Bun.spawn({terminal})`). */
export type PtySession = {
  readonly pid: number;
  /** Everything printed so far, control sequences included. */
  output(): string;
  type(text: string): void;
  resize(columns: number, rows: number): void;
  /** Waits until the output holds the text, from `after` on. Spaces don't count: a TUI moves the cursor instead. */
  shows(text: string, after?: number, timeoutMs?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: Bun.Subprocess["signalCode"] }>;
  /** Takes the terminal away, as closing its window does. */
  hangUp(): void;
  close(): void;
};

export const CTRL_C = "\x03";
export const CTRL_D = "\x04";
export const CTRL_Z = "\x1a";
export const CTRL_BACKSLASH = "\x1c";

export function openPty(
  argv: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): PtySession {
  let printed = "";
  const decoder = new TextDecoder();
  const child = Bun.spawn([...argv], {
    cwd: options.cwd,
    env: options.env,
    terminal: {
      cols: 100,
      rows: 30,
      data: (_, data) => {
        printed += decoder.decode(data, { stream: true });
      },
    },
  });
  return {
    pid: child.pid,
    output: () => printed,
    type: (text) => void child.terminal?.write(text),
    resize: (columns, rows) => child.terminal?.resize(columns, rows),
    shows: async (text, after = 0, timeoutMs) => {
      const isShown = () => squeezed(printed.slice(after)).includes(squeezed(text));
      await waitFor(text, isShown, timeoutMs).catch(() => {
        throw new Error(`the terminal never showed ${JSON.stringify(text)}; it shows:\n${plain(printed)}`);
      });
    },
    kill: (signal) => child.kill(signal),
    exited: child.exited.then(() => ({ code: child.exitCode, signal: child.signalCode })),
    hangUp: () => child.terminal?.close(),
    close: () => {
      child.kill("SIGKILL");
      if (child.terminal?.closed === false) child.terminal.close();
    },
  };
}

/** The text without control sequences. */
export function plain(text: string): string {
  return Bun.stripANSI(text);
}

function squeezed(text: string): string {
  return plain(text).replace(/\s+/g, "");
}
