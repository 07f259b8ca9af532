/** A program to ask for one line, and where. */
export type Question = {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** 5000 where not given: a startup file may ask a network. */
  readonly withinMs?: number;
};

/**
 * Runs a program that may start others or wait for something: without input and terminal (in a session of its own, so that an
 * interactive shell does not take ours). When the time is up, all that it started is ended; after an answer nothing is: a startup
 * file may have begun what is meant to stay.
 * @returns what it wrote to standard output; undefined where it gave no answer
 */
export async function ask({ argv, env, cwd, withinMs = 5000 }: Question): Promise<string | undefined> {
  try {
    const options = { env, cwd, detached: true, stdin: "ignore", stdout: "pipe", stderr: "ignore" } as const;
    const child = Bun.spawn([...argv], options);
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), withinMs);
    const answer = gather(child.stdout);
    const ended = await Promise.race([child.exited, late.promise]);
    clearTimeout(timer);
    if (ended === "late") return endGroup(child.pid);
    await Promise.race([answer.whole, Bun.sleep(DRAIN_MS)]);
    return answer.soFar();
  } catch {
    return undefined;
  }
}

/** What the program wrote is in the pipe when it ends; what it left running may hold the pipe for ever. */
const DRAIN_MS = 100;

function gather(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const chunks: Uint8Array[] = [];
  const whole = (async () => {
    for await (const chunk of stream) chunks.push(chunk);
  })();
  return { whole, soFar: () => Buffer.concat(chunks).toString() };
}

/** Its group is its own; one that is gone needs no ending. */
function endGroup(pid: number): undefined {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {}
}
