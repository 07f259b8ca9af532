import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createProbeSandbox, type ProbeSandbox, type Way } from "../support/process-probe.ts";
import { stateOf } from "../support/processes.ts";
import { CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z, openPty, plain } from "../support/pty.ts";
import { waitFor } from "../support/wait-for.ts";

// Dozens of starts, on a machine that may be busy.
setDefaultTimeout(60_000);

/** A shell at a terminal, held in a conversation about the same claude twice: directly and through the shim. */
type Shell = { readonly argv: readonly string[]; readonly status: string };

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: { argv: ["bash", "--norc", "--noprofile", "-i"], status: "$?" },
  dash: { argv: ["dash", "-i"], status: "$?" },
  zsh: { argv: ["zsh", "-f", "-i", "+Z"], status: "$?" },
  fish: { argv: ["fish", "--no-config", "-i"], status: "$status" },
};

let open: (() => void)[] = [];
afterEach(() => {
  for (const close of open) close();
  open = [];
});

for (const [name, shell] of Object.entries(SHELLS)) {
  if (Bun.which(name) === null) {
    test.skip(`${name}: skipped: it is not installed`, () => {});
    continue;
  }
  describe(name, () => {
    test("Ctrl-C and Ctrl-\\ reach claude once, and so does a new size of the terminal", async () => {
      for (const way of ["direct", "profile"] as const) {
        const talk = await converse(way, shell, ["count", "say ready", "wait go", "exit 6"]);
        await talk.starts("claude", "ready");
        await talk.deliversOnce(["INT"], () => talk.pty.type(CTRL_C));
        await talk.deliversOnce(["QUIT"], () => talk.pty.type(CTRL_BACKSLASH));
        await talk.deliversOnce(["WINCH"], () => talk.pty.resize(90, 20));
        talk.box.release("go");
        expect({ way, status: await talk.status() }).toEqual({ way, status: 6 });
      }
    });

    test("Ctrl-Z gives the prompt back; jobs, bg, fg and the status are as of a direct claude", async () => {
      const heard = [];
      for (const way of ["direct", "profile"] as const) {
        const talk = await converse(way, shell, ["count", "say ready", "wait go", "exit 6"]);
        await talk.starts("claude", "ready");
        talk.pty.type(CTRL_Z);
        await talk.shows(/stopped|suspended/i);
        const stopped = await talk.command("jobs");
        const before = talk.box.signals();
        const background = await talk.command("bg");
        await waitFor("CONT", () => talk.box.signals().length > before.length);
        const running = await talk.command("jobs");
        await talk.starts("fg", "claude");
        talk.box.release("go");
        const status = await talk.status();
        // fish sends another SIGCONT after it has said what `fg` takes, and claude may have ended by then.
        const signals = [...new Set(talk.box.signals())];
        heard.push({ stopped, background, running, status, signals });
      }
      expect<unknown>(heard[1]).toEqual(heard[0]);
      expect(heard[0]?.stopped.join()).toMatch(/stopped|suspended/i);
      expect(heard[0]?.running.join()).toMatch(/running/i);
      expect(heard[0]?.signals).toContain("CONT");
    });

    for (const [how, step] of STOPS) {
      test(`a claude that stops ${how} gives the prompt back too, and goes on by fg`, async () => {
        const heard = [];
        for (const way of ["direct", "profile"] as const) {
          const talk = await converse(way, shell, ["say ready", step, "say back", "exit 7"]);
          await talk.starts("claude", "ready");
          await talk.shows(/stopped|suspended/i);
          const stopped = await talk.command("jobs");
          await talk.starts("fg", "back");
          heard.push({ stopped, status: await talk.status() });
        }
        expect<unknown>(heard[1]).toEqual(heard[0]);
      });
    }

    test("a claude in the background that reads from the terminal stops, and reads on by fg", async () => {
      const heard = [];
      for (const way of ["direct", "profile"] as const) {
        const talk = await converse(way, shell, ["say ready", "cat", "exit 4"]);
        await talk.command("claude & true");
        await waitFor("the stop", async () => /stopped|suspended/i.test((await talk.command("jobs")).join()));
        // Fish tells of it besides, whenever it notices.
        const stopped = (await talk.command("jobs")).filter((line) => !line.startsWith("fish: Job"));
        await talk.starts("fg", "claude");
        talk.pty.type("typed line\r");
        await talk.shows(/typed line\s+typed line/);
        talk.pty.type(CTRL_D);
        heard.push({ stopped, status: await talk.status() });
      }
      expect<unknown>(heard[1]).toEqual(heard[0]);
    });

    test("kill -CONT to the stopped job continues claude, and kill ends it", async () => {
      for (const way of ["direct", "profile"] as const) {
        const talk = await converse(way, shell, ["count", "say ready", "raise 19", "wait go", "raise 9"]);
        await talk.starts("claude", "ready");
        await talk.shows(/stopped|suspended/i);
        process.kill(await talk.job(), "SIGCONT");
        await waitFor("CONT", () => talk.box.signals().includes("CONT"));
        talk.box.release("go");
        // A shell tells of a background job at its next prompt.
        await waitFor("the end of the job", async () => {
          await talk.command("true");
          return /killed|SIGKILL/i.test(plain(talk.pty.output()));
        });
      }
    });
  });
}

const STOPS = [
  ["its whole group, as the TUI does at Ctrl-Z", "group 20"],
  ["itself alone", "raise 19"],
] as const;

test("a shim without a shell's job control does not stay behind stopped", async () => {
  using box = createProbeSandbox();
  const running = box.begin("profile", ["setsid", "-w", "claude"], {
    steps: ["make stopping", "raise 19", "exit 5"],
  });
  await box.made("stopping");
  const { pid } = await box.started();
  await waitFor("the stop", () => stateOf(pid) === "T");
  // Five times as long as a shim under job control takes to follow.
  await Bun.sleep(100);
  process.kill(pid, "SIGCONT");
  expect(await running.finished).toMatchObject({ code: 5 });
});

async function converse(way: Way, { argv, status }: Shell, steps: readonly string[]) {
  const box = createProbeSandbox();
  box.choose(way);
  const env = { ...box.callEnv(way, steps), PS1: "> ", PROMPT: "> ", HISTFILE: "", fish_greeting: "" };
  const [program = "", ...args] = argv;
  const pty = openPty([Bun.which(program) ?? program, ...args], { cwd: box.project, env });
  open.push(() => {
    pty.close();
    box.close();
  });
  let marks = 0;

  async function shows(pattern: RegExp): Promise<void> {
    await waitFor(String(pattern), () => pattern.test(plain(pty.output()))).catch((error) => {
      throw new Error(`${way}: ${error.message}; the terminal shows:\n${plain(pty.output())}`);
    });
  }

  /** Types a command at the prompt, and answers the lines about claude that it printed. */
  async function command(text: string): Promise<string[]> {
    const mark = ++marks;
    const before = pty.output().length;
    pty.type(`${text}; printf 'en%s\\n' d-${mark}-\r`);
    await pty.shows(`end-${mark}-`, before);
    return linesAboutClaude(pty.output().slice(before));
  }

  await command("true");
  return {
    box,
    pty,
    shows,
    command,
    starts: async (text: string, sign: string) => {
      const before = pty.output().length;
      pty.type(`${text}\r`);
      await pty.shows(sign, before + text.length);
    },
    /** What the shell has for the end of claude; typed when claude has the terminal no more. */
    status: async () => {
      const before = pty.output().length;
      pty.type(`printf 'status-%s\\n' ${status}\r`);
      return waitFor("the status", () => {
        const said = /status-(\d+)/.exec(plain(pty.output().slice(before)))?.[1];
        return said === undefined ? undefined : Number(said);
      });
    },
    /** The process that the shell knows. */
    job: () => jobOf(box, way),
    /** Whatever comes twice comes before the USR1 that follows: the shim hands signals on in order. */
    deliversOnce: async (expected: readonly string[], act: () => void) => {
      const before = box.signals().length;
      act();
      await waitFor(expected.join(), () => box.signals().length > before);
      process.kill(await jobOf(box, way), "SIGUSR1");
      await waitFor("USR1", () => box.signals().slice(before).includes("USR1"));
      expect<unknown>({ way, signals: box.signals().slice(before) }).toEqual({
        way,
        signals: [...expected, "USR1"],
      });
    },
  };
}

async function jobOf(box: ProbeSandbox, way: Way): Promise<number> {
  const { pid, parent } = await box.started();
  return way === "profile" ? parent : pid;
}

/** The lines about claude, without prompts, process ids, use of the processor and the width of columns; the rest is fish's repainting. */
function linesAboutClaude(text: string): string[] {
  return plain(text)
    .split(/[\r\n]+/)
    .filter((line) => line.includes("claude"))
    .map((line) =>
      line
        .replace(/\b\d+%|\b\d{3,}\b/g, "<number>")
        .replace(/\s+/g, " ")
        .replace(/^(> )+/, "")
        .trim(),
    );
}
