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
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      endGroup(child.pid);
      late.resolve(undefined);
    }, withinMs);
    const answer = await Promise.race([new Response(child.stdout).text(), late.promise]);
    clearTimeout(timer);
    return answer;
  } catch {
    return undefined;
  }
}

/** Its group is its own; one that is gone needs no ending. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {}
}
