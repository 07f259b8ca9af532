import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { GUARD } from "../../src/enclosing-claude.ts";
import {
  comparable,
  createProbeSandbox,
  type ProbeReport,
  sessionLocks,
  WAYS,
} from "../support/process-probe.ts";

// Dozens of starts, on a machine that may be busy.
setDefaultTimeout(60_000);

/**
 * Odd calls of `claude`, each made directly and through the shim in all its ways. The probe that stands for the real claude
 * reports the whole state it was born with; nothing in it may tell the calls apart, nor how they ended.
 */
const box = createProbeSandbox();
afterAll(() => box.close());

/** What a shell can't set up, in Python. */
const ODD = {
  environment: `
path = next(p for d in os.environ["PATH"].split(":") if os.path.exists(p := d + "/claude"))
entries = [k + b"=" + v for k, v in os.environb.items()] + [b"TWICE=1", b"TWICE=2", b"=nameless", b"no equals sign", b"", b"CLAUTH_GUARD=1:7/", b"CLAUTH_GUARD=1:8/"]
vector = lambda strings: (ctypes.c_char_p * (len(strings) + 1))(*strings, None)
ctypes.CDLL(None).execve(path.encode(), vector([b"claude", b"x"]), vector(entries))`,
  sockets: `
a, b = socket.socketpair()
os.dup2(a.fileno(), 3); os.dup2(b.fileno(), 4)
os.environ.update(LISTEN_FDS="2")`,
  "anonymous descriptors": `
os.dup2(os.eventfd(3), 7); os.dup2(os.memfd_create("m"), 8)
os.dup2(ctypes.CDLL(None).inotify_init(), 9); os.close(3)`,
  blocked: `
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, 40])`,
} as const;

type OddCall = readonly [name: string, script: string, needs?: string];

const ARGUMENTS: readonly OddCall[] = [
  ["no argument", "claude"],
  ["empty arguments", `claude "" -p "" ""`],
  ["newlines, tabs, quotes and control characters", `claude $'a\\nb' $'\\t' "'" '"' $'\\e[31m' $'\\x7f'`],
  [
    "every byte from 1 to 255",
    `claude "$(for ((i = 1; i < 256; i++)); do printf "\\\\x$(printf %x $i)"; done)"`,
  ],
  ["bytes that are not UTF-8, beside ones that are", `claude $'\\xff' ä $'\\xc3' "€" $'\\xed\\xa0\\x80'`],
  [
    "one argument of 128 KiB, as long as the kernel allows",
    `claude "$(head -c 131071 /dev/zero | tr '\\0' x)"`,
  ],
  ["twenty thousand arguments", "claude $(seq 20000)"],
  ["arguments that Bun would understand", "claude --inspect --smol -e 1 run --preload=./x --bun -- --config"],
  ["arguments that a shell would expand", `claude '$HOME' '*' '~' '\`id\`' '\${x}' 'a b' '\\'`],
  ["options of clauth itself", "claude --help --version list add --json"],
  ["an option that ends options, and nothing after it", "claude --"],
  ["a prompt that looks like a path", "claude /help /tmp/claude-notes ./claude"],
];

const ENVIRONMENT: readonly OddCall[] = [
  ["a value that is not UTF-8", `X=$'\\xff\\xfe' claude`],
  ["odd names", `env 'a b=1' 'x.y=2' '3=4' 'ä=5' "$(printf '\\xff')=6" claude`],
  ["a value of 100 KB", `X="$(head -c 100000 /dev/zero | tr '\\0' y)" claude`],
  ["newlines and an empty value", `X=$'a\\nb' Y= claude`],
  ["a name twice, a nameless value and an entry without =", odd("environment"), "python3"],
  ["hardly any variable", `env -i HOME="$HOME" PATH="$PATH" claude`],
  ["a locale that does not exist", "LC_ALL=xx_XX.ISO-8859-1 LANG=C claude"],
  [
    "knobs of Bun and Node",
    "NODE_OPTIONS=--no-such BUN_INSPECT= BUN_CONFIG_VERBOSE_FETCH=1 TMPDIR=/nowhere claude",
  ],
  ["a PATH with empty and relative entries", 'PATH="::.:$PATH:bin:" claude'],
  ["CLAUTH_GUARD of another claude", "CLAUTH_GUARD=2:77/x claude"],
];

const DIRECTORY: readonly OddCall[] = [
  ["a directory with a newline, a quote and bytes that are not UTF-8", within(`$'odd\\n"\\xff name'`)],
  ["a directory named like an option", within("./--version")],
  ["a directory reached through a link, which PWD still names", "ln -sfn . link; cd link; claude"],
  ["a path of more than 3000 bytes", within(`"$(printf "$(printf 'd%.0s' {1..200})/%.0s" {1..15})"`)],
  ["the root directory", "cd /; claude"],
  ["a PWD that lies", "PWD=/nowhere OLDPWD=/neither claude"],
];

const DESCRIPTORS: readonly OddCall[] = [
  ["stdin from a pipe", "echo hello | claude"],
  ["stdin from a file that was partly read", `{ read -r line; claude; } <"$HOME/.profile"`],
  ["stdin closed", "claude <&-"],
  ["stdout closed", "claude >&-"],
  ["stderr closed", "claude 2>&-"],
  ["all three closed", "claude <&- >&- 2>&-"],
  ["stdin open for writing and stdout for reading", `claude 0>"$HOME/w" 1<"$HOME/.profile"`],
  ["stdout appended to a file", `claude >>"$HOME/appended"`],
  ["stdout and stderr the same file", `claude >"$HOME/same" 2>&1`],
  ["process substitution", "claude --mcp-config <(echo '{}') --settings <(echo '{}')"],
  ["output process substitution", "claude > >(cat) 2> >(cat)"],
  ["descriptors 3 to 20", `eval "claude $(printf '%d</dev/zero ' {3..20})"`],
  ["descriptor 10, where the session lock would stand", `claude 10<"$HOME/.profile" 11>>"$HOME/eleven"`],
  ["descriptors far up", `claude 63<"$HOME" 255</dev/zero 1000<"$HOME/.profile" 4095</dev/zero`],
  [
    "a jobserver's pipe",
    `test -p "$HOME/jobs" || mkfifo "$HOME/jobs"; exec 7<>"$HOME/jobs"; printf ++ >&7; MAKEFLAGS='--jobserver-auth=7,7' claude`,
  ],
  [
    "make's own jobserver",
    `printf 'all:\\n\\t+@claude $(MAKEFLAGS)\\n' >"$HOME/Makefile"; make -s -j2 -f "$HOME/Makefile"`,
    "make",
  ],
  ["sockets as systemd passes them", odd("sockets"), "python3"],
  ["an eventfd, a memfd and an inotify descriptor", odd("anonymous descriptors"), "python3"],
  [
    "a token by CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR",
    "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR_X=8 claude 8< <(echo token)",
  ],
  ["a coprocess", 'coproc claude; cat <&"$COPROC"; wait'],
];

const STATE: readonly OddCall[] = [
  ["umask 077", "umask 077; claude"],
  ["umask 000", "umask 0; claude"],
  ["INT and QUIT ignored, as in the background of a script", "claude & wait"],
  ["HUP ignored, as by nohup", "nohup claude"],
  [
    "many signals ignored",
    "trap '' HUP INT QUIT USR1 USR2 ALRM TERM TSTP TTIN TTOU CONT WINCH VTALRM PROF URG; claude",
  ],
  ["real-time signals ignored", "trap '' RTMIN RTMIN+1 RTMAX; claude"],
  ["signals blocked, SIGCHLD among them", odd("blocked"), "python3"],
  ["nice 5", "nice -n 5 claude"],
  ["batch scheduling on one processor", "chrt --batch 0 taskset 1 claude", "chrt"],
  ["no limit of core files, a small stack", "ulimit -c unlimited; ulimit -s 4096; claude"],
  ["a limit of 60 seconds and of file size", "ulimit -t 60; ulimit -f 400000; claude"],
  ["a soft limit of 256 files", "ulimit -S -n 256; claude"],
  ["no new privileges", "setpriv --no-new-privs claude", "setpriv"],
  ["fewer capabilities", "setpriv --bounding-set=-sys_time --inh-caps=-all claude", "setpriv"],
  ["no address randomisation", "setarch -R claude", "setarch"],
];

const CALLERS: readonly OddCall[] = [
  ["exec in a shell", "exec claude one two"],
  ["dash", "dash -c 'claude \"$@\"' sh a 'b c'", "dash"],
  ["zsh", "zsh -fc 'claude a \"b c\"'", "zsh"],
  ["fish", "fish --no-config -c 'claude a \"b c\"'", "fish"],
  ["an absolute path", `"$(command -v claude)" x`],
  ["a path with dots", `"$HOME/../way/./claude" x`],
  ["command substitution", 'test -z "$(claude x)"'],
  ["a pipeline with itself", "claude one | claude two"],
  [
    "a subshell in the background",
    '(claude x </dev/null &); wait; until ls "$HOME"/../real/reports/*.json >&/dev/null; do :; done',
  ],
  [
    "env -i through sh, as cron does",
    `env -i HOME="$HOME" LOGNAME=x SHELL=/bin/sh PATH="$PATH" setsid -w sh -c 'claude -p job' </dev/null`,
  ],
  ["setsid", "setsid -w claude"],
  ["setsid from a group leader", "set -m; setsid -w claude; :"],
  ["timeout", "timeout 20 claude"],
  ["timeout in the foreground", "timeout --foreground -s INT 20 claude"],
  ["xargs", "printf 'a\\nb c\\n' | xargs -d '\\n' claude -p"],
  ["xargs -P", "printf '%s\\0' a b c d e f | xargs -0 -n 1 -P 4 claude -p"],
  ["find -exec", `find "$HOME/.profile" -exec claude {} +`],
  ["nice, nohup, env and stdbuf in a row", "nice nohup env A=1 stdbuf -o0 claude"],
  ["flock", `flock "$HOME/lockfile" claude`],
  ["script, which gives it a terminal", "script -qec 'claude x' /dev/null </dev/null", "script"],
  ["perl", `perl -e 'exec "claude", "x"'`, "perl"],
  [
    "python's subprocess",
    `python3 -c 'import subprocess; subprocess.run(["claude", "x"], stdin=subprocess.DEVNULL)'`,
  ],
  [
    "python's subprocess in a session of its own",
    `python3 -c 'import subprocess; subprocess.run(["claude"], start_new_session=True, close_fds=False)'`,
  ],
  [
    "python's posix_spawn",
    `python3 -c 'import os; os.waitpid(os.posix_spawnp("claude", ["claude", "x"], os.environ), 0)'`,
  ],
  [
    "node's child_process",
    `node -e 'child_process.spawnSync("claude", ["x"], { stdio: ["ignore", "inherit", "pipe"] })'`,
    "node",
  ],
  ["another name in argv[0] that names no tool of claude", "(exec -a /opt/x/claude claude x)"],
];

const GROUPS = { ARGUMENTS, ENVIRONMENT, DIRECTORY, DESCRIPTORS, STATE, CALLERS };

for (const [group, calls] of Object.entries(GROUPS)) {
  describe(group.toLowerCase(), () => {
    for (const [name, script, needs] of calls) {
      const isMissing = needs !== undefined && Bun.which(needs) === null;
      if (isMissing) test.skip(`${name}: skipped: there is no ${needs}`, () => {});
      else test(name, () => sameByEveryWay(script));
    }
  });
}

async function sameByEveryWay(script: string): Promise<void> {
  const [direct, ...shims] = await inTurn(WAYS, async (way) => {
    const { reports, ...end } = await box.observe(way, script);
    return { way, end, reports };
  });
  expect(direct?.reports.length).toBeGreaterThan(0);
  for (const { way, end, reports } of shims) {
    expect<unknown>({ way, ...end }).toEqual({ way, ...direct?.end });
    expect<unknown>({ way, states: reports.map((report) => comparable(report, way)) }).toEqual({
      way,
      states: direct?.reports.map((report) => comparable(report, "direct")),
    });
    expect<unknown>({ way, guards: reports.map(guards) }).toEqual({ way, guards: reports.map(() => 1) });
    expect<unknown>({ way, locks: reports.map((report) => sessionLocks(report).length) }).toEqual({
      way,
      locks: reports.map(() => (way === "profile" ? 1 : 0)),
    });
  }
}

function guards({ environment }: ProbeReport): number {
  return environment.filter((entry) => entry.startsWith(`${GUARD}=`)).length;
}

async function inTurn<In, Out>(items: readonly In[], step: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  for (const item of items) results.push(await step(item));
  return results;
}

/** A script that makes a directory below the working directory and calls claude there. */
function within(name: string): string {
  return `mkdir -p -- ${name}; cd -- ${name}; claude`;
}

/** Python ignores SIGPIPE and SIGXFSZ itself, which would show. */
function odd(what: keyof typeof ODD): string {
  return `python3 -c '
import os, signal, socket, ctypes
for s in (signal.SIGPIPE, signal.SIGXFSZ): signal.signal(s, signal.SIG_DFL)
${ODD[what]}
os.execvp("claude", ["claude", "x"])'`;
}
