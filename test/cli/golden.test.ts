import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { credentialsText, oauthAccountOf } from "../support/claude-login.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";
import { openPty, plain } from "../support/pty.ts";

/**
 * What people and programs see, to the character: on a terminal of 80 and of 200 columns, with and without NO_COLOR, and through
 * a pipe. Paths of the sandbox are words; everything else is as printed.
 */
const CASES: Readonly<
  Record<string, { readonly words: readonly string[]; readonly code: number; readonly dir?: string }>
> = {
  help: { words: ["help"], code: 0 },
  "help of a verb": { words: ["add", "--help"], code: 0 },
  "clauth alone": { words: [], code: 0 },
  "clauth alone, where nothing applies": { words: [], code: 0, dir: "elsewhere" },
  list: { words: ["list"], code: 0 },
  which: { words: ["which"], code: 0 },
  "which, where nothing applies": { words: ["which"], code: 0, dir: "elsewhere" },
  doctor: { words: ["doctor"], code: 1 },
  "an unknown profile": { words: ["login", "wrok"], code: 1 },
  "a .clauthrc that anybody may write": { words: ["which"], code: 1, dir: "open" },
  "a wrong option": { words: ["list", "--colour"], code: 2 },
  "a key in argv": { words: ["add", "x", "--api-key", "sk-ant-fake"], code: 2 },
};

const JSON_CASES: readonly string[] = ["list", "which", "doctor", "an unknown profile"];

let box: FakeSandbox;

beforeAll(() => {
  box = createFakeSandbox();
  box.write(
    box.profile("work", "account.json"),
    JSON.stringify({ oauthAccount: oauthAccountOf("W") }),
    0o600,
  );
  box.addProfile("personal", undefined, "home = true\n");
  box.addProfile("client-with-a-rather-long-name", undefined, 'api_key = "sk-fake"\n');
  box.addProfile("spare");
  box.addProfile("broken", undefined, "home = 3\n");
  box.write(".claude/.credentials.json", credentialsText({ account: "H" }), 0o600);
  box.write(".claude.json", JSON.stringify({ oauthAccount: oauthAccountOf("H") }));
  box.write(".clauth/clauth.toml", '[[rule]]\ndir = "~/project"\nprofile = "work"\n', 0o600);
  box.write("project/.claude/settings.json", '{"apiKeyHelper": "echo sk-fake"}');
  chmodSync(box.write("open/.clauthrc", "work\n"), 0o666);
  box.write("elsewhere/notes", "");
});

afterAll(() => box[Symbol.dispose]());

describe.each(Object.entries(CASES))("%s", (_, { words, code, dir = "project" }) => {
  const cwd = () => join(box.home, dir);

  test("through a pipe", async () => {
    const piped = await box.run(["clauth", ...words], { cwd: cwd() });
    expect(piped.code).toBe(code);
    expect(shown(`${piped.stdout}${piped.stderr}`)).toMatchSnapshot();
    expect(piped.stdout + piped.stderr).not.toContain("\x1b");
  });

  test.skipIf(process.platform === "win32")("on a terminal of 80 and of 200 columns", async () => {
    const [narrow, wide] = [await onTerminal(words, cwd(), 80), await onTerminal(words, cwd(), 200)];
    expect(shown(narrow.output)).toMatchSnapshot();
    expect(shown(wide.output)).toMatchSnapshot();
    expect([narrow.code, wide.code]).toEqual([code, code]);
  });

  test.skipIf(process.platform === "win32")("NO_COLOR takes the colours, and nothing else", async () => {
    const coloured = await onTerminal(words, cwd(), 80);
    const bare = await onTerminal(words, cwd(), 80, { NO_COLOR: "1" });
    expect(bare.output).toBe(plain(coloured.output));
  });
});

describe.each(JSON_CASES)("%s as JSON", (name) => {
  const { words = [], code } = CASES[name] ?? {};

  test("is one value, without a colour, on a terminal as through a pipe", async () => {
    const argv = [...words, ...(code === 1 && name !== "doctor" ? [] : ["--json"])];
    const env = { CLAUTH_ERROR_FORMAT: "json" };
    const piped = await box.run(["clauth", ...argv], { cwd: box.project, env });
    expect(shown(`${piped.stdout}${piped.stderr}`)).toMatchSnapshot();
    expect(() => JSON.parse(piped.stdout || piped.stderr)).not.toThrow();
    if (process.platform === "win32") return;
    const { output } = await onTerminal(argv, box.project, 80, env);
    expect(output).toBe(`${piped.stdout}${piped.stderr}`);
  });
});

test.skipIf(process.platform === "win32")("a list of usual names fits into 80 columns", async () => {
  const { output } = await onTerminal(["list"], join(box.home, "elsewhere"), 80);
  const lines = plain(output).trimEnd().split("\n");
  expect(lines.filter((line) => Bun.stringWidth(line) > 80)).toEqual([]);
});

async function onTerminal(
  words: readonly string[],
  cwd: string,
  columns: number,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly output: string; readonly code: number | null }> {
  const script = `stty cols ${columns} -onlcr; exec "$@"`;
  const argv = ["sh", "-c", script, "sh", join(box.store, "bin", "clauth"), ...words];
  const pty = openPty(argv, { cwd, env: { ...box.env, ...env } });
  try {
    const { code } = await pty.exited;
    return { output: pty.output(), code };
  } finally {
    pty.close();
  }
}

/** Escapes made visible; what differs from machine to machine is a word. */
function shown(text: string): string {
  const timeless = box.redact(text).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>");
  return `\n${timeless.replaceAll("\x1b", "␛")}`;
}
