import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { credentialsText, oauthAccountOf } from "../support/claude-login.ts";
import { fakeSteps } from "../support/fake-claude.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";
import { openPty } from "../support/pty.ts";

setDefaultTimeout(30_000);

/**
 * What people and programs see, to the character: of every command, on a terminal of 80 and of 200 columns, with and without
 * NO_COLOR, and through a pipe. Paths of the sandbox are words; everything else is as printed.
 */
const CASES: Readonly<Record<string, Case>> = {
  "clauth alone": { words: [] },
  "clauth alone, where nothing applies": { words: [], dir: "elsewhere" },
  "clauth alone, without a profile": { words: [], user: newcomer },
  help: { words: ["help"] },
  "help of a verb": { words: ["add", "--help"] },
  version: { words: ["--version"] },
  "add, later": { words: ["add", "later"], stdin: "4\n" },
  "add --login": { words: ["add", "other", "--login"], login: true },
  "add --home": { words: ["add", "mine", "--home"] },
  "add --api-key": { words: ["add", "paid", "--api-key"], stdin: "key-of-a-server\n" },
  "add --import": { words: ["add", "old", "--import", "../.claude-old"] },
  "add, a name that is taken": { words: ["add", "work", "--home"], code: 1 },
  "add, a name that can't be": { words: ["add", "my work"], code: 1 },
  "add, the first": { words: ["add", "work", "--home"], user: newcomer },
  import: { words: ["import"] },
  "import, nothing found": { words: ["import"], user: newcomer },
  "import --from": { words: ["import", "--from", "directory"] },
  "import --from rust": { words: ["import", "--from", "rust"], code: 1 },
  list: { words: ["list"] },
  "list, without a profile": { words: ["list"], user: newcomer },
  login: { words: ["login", "spare"], login: true },
  "login, with an API key": { words: ["login", "client-with-a-rather-long-name"], code: 1 },
  logout: { words: ["logout", "work"] },
  rename: { words: ["rename", "work", "office"] },
  "rename, to a name that is taken": { words: ["rename", "work", "spare"], code: 1 },
  remove: { words: ["remove", "work"] },
  "remove, what is not there": { words: ["remove", "wrok"], code: 1 },
  "local, nothing": { words: ["local"], code: 1 },
  "local NAME": { words: ["local", "spare"] },
  "local NAME, where something is stronger": { words: ["local", "spare"], env: { CLAUTH_PROFILE: "work" } },
  "local --unset": { words: ["local", "--unset"], code: 1 },
  "global, nothing": { words: ["global"], code: 1 },
  "global NAME": { words: ["global", "spare"] },
  "global --unset": { words: ["global", "--unset"] },
  "rule add": { words: ["rule", "add", "github.com/acme/*", "spare"] },
  "rule add, what is no pattern": { words: ["rule", "add", "two words", "spare"], code: 2 },
  "rule list": { words: ["rule", "list"] },
  "rule list, none": { words: ["rule", "list"], user: newcomer },
  "rule remove": { words: ["rule", "remove", "~/project"] },
  "rule remove, what is not there": { words: ["rule", "remove", "~/nowhere"], code: 1 },
  allow: { words: ["allow"], dir: "chosen" },
  "allow, nothing": { words: ["allow"], code: 1 },
  deny: { words: ["deny"], dir: "chosen" },
  which: { words: ["which"] },
  "which, with runners-up": { words: ["which"], env: { CLAUTH_PROFILE: "spare" } },
  "which, where nothing applies": { words: ["which"], dir: "elsewhere" },
  "which, a directory that is not there": { words: ["which", "nowhere"], code: 1 },
  current: { words: ["current"] },
  "current, where nothing applies": { words: ["current"], dir: "elsewhere", code: 1 },
  run: { words: ["run", "work", "--", "hello"] },
  "run, a profile that is not there": { words: ["run", "wrok"], code: 125 },
  exec: { words: ["exec", "work", "--", "echo", "hello"] },
  "exec, a program that is not there": { words: ["exec", "work", "--", "no-such-program"], code: 127 },
  "exec, nothing": { words: ["exec", "work"], code: 125 },
  sessions: { words: ["sessions"] },
  "sessions, none": { words: ["sessions"], user: newcomer },
  sync: { words: ["sync"], code: 1 },
  "sync of one": { words: ["sync", "work"] },
  backups: { words: ["backups"] },
  "backups, none": { words: ["backups"], user: newcomer },
  "backups restore, a login": { words: ["backups", "restore", "work", "20260102T03"] },
  "backups restore, a profile": { words: ["backups", "restore", "gone"] },
  "backups restore, no ID": { words: ["backups", "restore", "work"], code: 2 },
  "backups restore, what is not there": { words: ["backups", "restore", "work", "x"], code: 1 },
  doctor: { words: ["doctor"], code: 1 },
  "doctor --fix": { words: ["doctor", "--fix"], code: 1 },
  statusline: { words: ["statusline"] },
  "editor vscode": { words: ["editor", "vscode"] },
  "editor vscode --write": { words: ["editor", "vscode", "--write"] },
  "editor vscode --write, none": { words: ["editor", "vscode", "--write"], user: newcomer, code: 1 },
  uninstall: { words: ["uninstall"] },
  "an unknown profile": { words: ["login", "wrok"], code: 1 },
  "a removed profile": { words: ["login", "gone"], code: 1 },
  "a .clauthrc that anybody may write": { words: ["which"], dir: "open", code: 1 },
  "a mistyped verb": { words: ["lst"], code: 2 },
  "a verb of other tools": { words: ["use", "work"], code: 2 },
  "half a verb": { words: ["rule"], code: 2 },
  "a wrong option": { words: ["list", "--colour"], code: 2 },
  "a missing word": { words: ["rename", "work"], code: 2 },
  "a key in argv": { words: ["add", "x", "--api-key", "sk-ant-fake"], code: 2 },
};

type Case = {
  readonly words: readonly string[];
  readonly code?: number;
  readonly dir?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What claude does then: it logs in. */
  readonly login?: true;
  readonly user?: () => FakeSandbox;
};

/** Those that take `--json`. */
const LISTINGS: readonly string[] = [
  "list",
  "which, with runners-up",
  "rule list",
  "sessions",
  "backups",
  "doctor",
  "import",
  "import --from rust",
  "editor vscode",
];

/** Those that end in an error; what claude or `exec` ends with is none of ours, and `current` has no more to say. */
const ERRORS = Object.entries(CASES).filter(
  ([name, { code = 0 }]) => code !== 0 && !LISTINGS.includes(name) && !/^(current|doctor)/.test(name),
);

describe.each(Object.entries(CASES))("%s", (_, { code = 0, ...asked }) => {
  test("through a pipe", async () => {
    using box = (asked.user ?? settled)();
    const piped = await throughPipe(box, asked);
    expect(shown(box, `${piped.stdout}${piped.stderr}`)).toMatchSnapshot();
    expect(piped.code).toBe(code);
    expect(piped.stdout + piped.stderr).not.toContain("\x1b");
  });

  test.skipIf(process.platform === "win32")(
    "on a terminal of 80 and of 200 columns, where NO_COLOR takes the colours and nothing else",
    async () => {
      const output = async (columns: number, env = {}) => {
        using box = (asked.user ?? settled)();
        const ended = await onTerminal(box, asked, columns, env);
        expect(ended.code).toBe(code);
        return shown(box, ended.output);
      };
      const narrow = await output(80);
      const wide = await output(200);
      expect(narrow).toMatchSnapshot();
      expect(wide === narrow ? "the same" : wide).toMatchSnapshot();
      expect(await output(80, { NO_COLOR: "1" })).toBe(narrow.replaceAll(/␛\[\d*m/g, ""));
    },
  );
});

test.each(LISTINGS)(
  "%s as JSON is one value, without a colour, on a terminal as through a pipe",
  async (name) => {
    const asked: Case = CASES[name] ?? { words: [] };
    const whole = { ...asked, words: [...asked.words, "--json"] };
    using box = settled();
    // What was open to others is tightened by the first call, and said once.
    await throughPipe(box, { words: ["doctor"] });
    const { stdout } = await throughPipe(box, whole);
    expect(shown(box, stdout)).toMatchSnapshot();
    expect(() => JSON.parse(stdout)).not.toThrow();
    if (process.platform === "win32") return;
    const { output } = await onTerminal(box, whole, 80);
    expect(output).toContain(stdout.trimEnd());
  },
);

test.each(ERRORS)("%s: the error as JSON is one line on stderr, and nothing on stdout", async (_, asked) => {
  using box = (asked.user ?? settled)();
  const env = { ...asked.env, CLAUTH_ERROR_FORMAT: "json" };
  const { code, stdout, stderr } = await throughPipe(box, { ...asked, env });
  const last = stderr.trimEnd().split("\n").at(-1) ?? "";
  expect({ code, stdout }).toEqual({ code: asked.code ?? 0, stdout: "" });
  expect(Object.keys(JSON.parse(last).error)).toEqual(["kind", "message", "hint", "retry_safe", "path"]);
  expect(shown(box, last)).toMatchSnapshot();
});

test("no help is wider than 80 columns", async () => {
  using box = newcomer();
  const { stdout } = await box.run(["clauth", "help"]);
  const verbs = [...stdout.matchAll(/^ {2}(?!clauth )([a-z]+(?: [a-z]+)?) {2,}/gm)].map(
    (line) => line[1] ?? "",
  );
  const helps = await Promise.all(
    verbs.map(async (verb) => (await box.run(["clauth", ...verb.split(" "), "--help"])).stdout),
  );
  const lines = [stdout, ...helps].flatMap((text) => text.split("\n"));
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

/** One who has used clauth for a while, with something of everything. */
function settled(): FakeSandbox {
  const box = createFakeSandbox();
  const secret = (path: string, text: string) => box.write(path, text, 0o600);
  secret(box.profile("work", "account.json"), JSON.stringify({ oauthAccount: oauthAccountOf("W") }));
  box.addProfile("personal", undefined, "home = true\n");
  box.addProfile("client-with-a-rather-long-name", undefined, 'api_key = "sk-fake"\n');
  box.addProfile("spare");
  box.addProfile("broken", undefined, "home = 3\n");
  secret(".claude/.credentials.json", credentialsText({ account: "H" }));
  box.write(".claude.json", JSON.stringify({ oauthAccount: oauthAccountOf("H") }));
  secret(".clauth/clauth.toml", '[[rule]]\ndir = "~/project"\nprofile = "work"\n');
  box.write("project/.claude/settings.json", '{"apiKeyHelper": "echo sk-fake"}');
  chmodSync(box.write("open/.clauthrc", "work\n"), 0o666);
  box.write("chosen/.clauthrc", "work\n");
  box.write("elsewhere/notes", "");
  box.write(".config/Code/User/settings.json", "{}");
  secret(".claude-old/.credentials.json", credentialsText({ account: "O" }));
  secret(".claude-old/.claude.json", JSON.stringify({ oauthAccount: oauthAccountOf("O") }));
  box.write(".claude-empty/.claude.json", "{}");
  secret(
    box.profile("work", "backups/20260102T030405678Z-credentials-replaced"),
    credentialsText({ account: "W", generation: 0 }),
  );
  secret(box.profile("work", "backups/20260102T040506789Z-CLAUDE.md"), "x".repeat(12_345));
  secret(".clauth/removed/20260102T050607890Z-gone/credentials.json", credentialsText({ account: "G" }));
  secret(box.profile("work", "sessions/4242-abc"), ENDED);
  for (const directory of ["backups", "sessions"]) chmodSync(box.profile("work", directory), 0o700);
  for (const directory of ["removed", "removed/20260102T050607890Z-gone"])
    chmodSync(join(box.store, directory), 0o700);
  return box;
}

/** Of another boot: on a local file system its session can't run any more. */
const ENDED = JSON.stringify({
  profile: "work",
  pid: 4242,
  claude_pid: null,
  cwd: "/srv/a/directory/with/a/long/name/that/does/not/fit/into/eighty/columns",
  started: "2026-01-01T00:00:00Z",
  boot_id: "another",
  pid_ns: "another",
});

/** One who has Claude Code, and has just installed clauth. */
function newcomer(): FakeSandbox {
  const box = createFakeSandbox({ profiles: false });
  box.write(".claude/.credentials.json", credentialsText({ account: "H" }), 0o600);
  box.write(".claude.json", JSON.stringify({ oauthAccount: oauthAccountOf("H") }));
  return box;
}

/** The real claude by a path below HOME: a line is broken where it is on every machine. */
function environmentOf(
  box: FakeSandbox,
  { env, login }: Omit<Case, "code">,
): Readonly<Record<string, string>> {
  const directory = join(box.home, "real");
  if (!existsSync(directory)) symlinkSync(dirname(box.claude), directory);
  const path = `${box.store}/bin:${directory}:/usr/local/bin:/usr/bin:/bin`;
  return { PATH: path, ...env, ...(login && LOGS_IN) };
}

const LOGS_IN = fakeSteps(
  { do: "refresh", credentials: credentialsText({ account: "N" }) },
  { do: "set", key: "oauthAccount", value: oauthAccountOf("N") },
);

function throughPipe(box: FakeSandbox, asked: Omit<Case, "code">) {
  const { words, dir = "project", stdin } = asked;
  const options = { cwd: join(box.home, dir), env: environmentOf(box, asked) };
  return box.run(["clauth", ...words], { ...options, ...(stdin !== undefined && { stdin }) });
}

async function onTerminal(
  box: FakeSandbox,
  asked: Omit<Case, "code">,
  columns: number,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly output: string; readonly code: number | null }> {
  const { words, dir = "project", stdin } = asked;
  const script = `stty cols ${columns} -onlcr -echo; exec "$@"`;
  const argv = ["sh", "-c", script, "sh", join(box.store, "bin", "clauth"), ...words];
  const pty = openPty(argv, {
    cwd: join(box.home, dir),
    env: { ...box.env, ...environmentOf(box, asked), ...env },
  });
  try {
    if (stdin !== undefined) {
      await pty.shows(": ");
      pty.type(stdin);
    }
    const { code } = await pty.exited;
    return { output: pty.output(), code };
  } finally {
    pty.close();
  }
}

/** Escapes made visible; what differs from machine to machine and from day to day is a word. */
function shown(box: FakeSandbox, text: string): string {
  const timeless = box
    .redact(text)
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replace(/\b2026\d{4}T\d{9}Z(?=-work$)/gm, "<time>")
    .replace(/\b\d+ d ago\b/g, "<days> ago");
  return `\n${timeless.replaceAll("\x1b", "␛")}`;
}
