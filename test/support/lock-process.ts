import { join } from "node:path";

export type LockProcess = {
  readonly pid: number;
  /** The line it printed when it was ready. */
  readonly line: string;
  /** Asks for a sign of life, and waits for the answer. */
  ask(): Promise<string>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Lets it end by itself. */
  end(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
};

/** Starts `lock-child.ts` and waits for its line. @param before words to start it by, such as `nohup` */
export async function startLockProcess(
  args: readonly string[],
  before: readonly string[] = [],
): Promise<LockProcess> {
  const child = spawn(args, before);
  const lines = linesOf(child.stdout);
  return {
    pid: child.pid,
    line: await nextLine(lines),
    ask: async () => {
      child.stdin.write("?\n");
      await child.stdin.flush();
      return nextLine(lines);
    },
    kill: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
    end: async () => {
      child.stdin.end();
      await child.exited;
    },
    signal: (signal) => child.kill(signal),
  };
}

/** Runs `lock-child.ts` to its end; its exit status. */
export async function runLockProcess(args: readonly string[]): Promise<number> {
  return await spawn(args, []).exited;
}

function spawn(args: readonly string[], before: readonly string[]) {
  return Bun.spawn([...before, process.execPath, join(import.meta.dir, "lock-child.ts"), ...args], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, void> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
}

async function nextLine(lines: AsyncGenerator<string, void>): Promise<string> {
  const { value } = await lines.next();
  if (value === undefined) throw new Error("the lock process ended before it answered");
  return value;
}
