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
    const options = { env, cwd, stdin: "ignore", stdout: "pipe", stderr: "ignore", ...APART } as const;
    const child = Bun.spawn([...argv], options);
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), withinMs);
    const answer = gather(child.stdout);
    const ended = await Promise.race([child.exited, late.promise]);
    clearTimeout(timer);
    if (ended === "late") return endAll(child.pid, env);
    await Promise.race([answer.whole, Bun.sleep(DRAIN_MS)]);
    return answer.soFar();
  } catch {
    return undefined;
  }
}

/** On Windows a detached program has no console at all, so what it starts would open a window each; this one has a hidden one. */
const APART = process.platform === "win32" ? ({ windowsHide: true } as const) : ({ detached: true } as const);

/** What the program wrote is in the pipe when it ends; what it left running may hold the pipe for ever. */
const DRAIN_MS = 100;

function gather(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const chunks: Uint8Array[] = [];
  const whole = (async () => {
    for await (const chunk of stream) chunks.push(chunk);
  })();
  return { whole, soFar: () => Buffer.concat(chunks).toString() };
}

/** Its group is its own; one that is gone needs no ending. Windows has no groups, but knows who started whom. */
function endAll(pid: number, env: Question["env"]): undefined {
  try {
    if (process.platform !== "win32") process.kill(-pid, "SIGKILL");
    else
      Bun.spawnSync([taskkill(env), "/T", "/F", "/PID", String(pid)], {
        stdio: ["ignore", "ignore", "ignore"],
      });
  } catch {}
}

function taskkill(env: Question["env"]): string {
  return `${env["SystemRoot"] ?? "C:\\Windows"}\\System32\\taskkill.exe`;
}
