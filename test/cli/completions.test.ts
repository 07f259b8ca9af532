import { expect, test } from "bun:test";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import { powershellFaults } from "../support/powershell.ts";
import { openPty } from "../support/pty.ts";
import { createDesk, type Desk } from "./call.ts";

async function fits(desk: Desk, ...words: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await desk.clauth(["__complete", "--", ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.split("\n").flatMap((line) => line.split("\t", 1)[0] || []);
}

test("the first word is a command, each once, and no hidden one", async () => {
  using desk = createDesk();
  const words = await fits(desk, "");
  expect(words).toContain("which");
  expect(words).toContain("rule");
  expect(words.filter((word) => word === "backups")).toHaveLength(1);
  expect(words.filter((word) => word.startsWith("_"))).toEqual([]);
  expect(await fits(desk, "re")).toEqual(["remove", "rename"]);
  expect(await fits(desk, "''")).toEqual(words);
});

test("after it come second words, profiles, options, and what else the command takes", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  desk.addProfile("private");
  desk.write(".clauth/clauth.toml", '[[rule]]\ndir = "~/work"\nprofile = "work"\n');
  desk.write(desk.profile("work", "backups/20260102T030405678Z-credentials-replaced"), "{}");
  desk.write(".clauth/removed/20260102T050607890Z-gone/config.toml", "");
  const cases: Readonly<Record<string, readonly string[]>> = {
    "rule ": ["add", "list", "remove"],
    "rule remove ": ["~/work"],
    "rule add ~/x p": ["private"],
    "local ": ["work", "private", "system"],
    "run w": ["work"],
    "run work -- w": [],
    "remove ": ["work", "private"],
    "rename work ": [],
    "add w": [],
    "add work --l": ["--login", "--login-only"],
    "list --": ["--json"],
    "backups r": ["restore"],
    "backups restore ": ["work", "private", "gone"],
    "backups restore work ": ["<time>-credentials-replaced"],
    "editor ": ["vscode"],
    "completions ": ["bash", "zsh", "fish", "powershell"],
    "which ": [],
    "nothing ": [],
  };
  for (const [line, words] of Object.entries(cases))
    expect({ line, words: await fits(desk, ...line.split(" ")) }).toEqual({ line, words: [...words] });
});

test.each(["bash", "zsh", "fish"])("%s gets a script that the shell can read", async (shell) => {
  using desk = createDesk();
  const { code, stdout } = await desk.clauth(["completions", shell]);
  expect(code).toBe(0);
  const program = Bun.which(shell);
  if (program === null) return;
  expect(Bun.spawnSync([program, "-n"], { stdin: Buffer.from(stdout) }).exitCode).toBe(0);
});

test("PowerShell gets a script that its grammar takes", async () => {
  using desk = createDesk();
  const { stdout } = await desk.clauth(["completions", "powershell"]);
  expect(stdout).toContain("clauth __complete -- $typed");
  expect((await powershellFaults(stdout)).filter((fault) => fault.includes("syntax"))).toEqual([]);
});

test("bash completes by Tab what clauth answers, an address to its end", async () => {
  using box = createFakeSandbox();
  box.addProfile("me@home.example");
  const shell = openPty(["bash", "--norc", "-i"], { cwd: box.project, env: { ...box.env, PS1: "> " } });
  try {
    shell.type('eval "$(clauth completions bash)"\n');
    shell.type(
      'clauth() { if [ "$1" = __complete ]; then command clauth "$@"; else echo "<$*>"; fi; }; clauth ready\n',
    );
    await shell.shows("<ready>");
    for (const [typed, line] of [
      ["whi", "which"],
      ["local w", "local work"],
      ["run me", "run me@home.example"],
      ["run me@", "run me@home.example"],
      ["run me@h", "run me@home.example"],
      ["backups wo", "backups work"],
      ["backups re", "backups restore"],
    ] as const) {
      const before = shell.output().length;
      shell.type(`clauth ${typed}\t\n`);
      await shell.shows(`<${line}>`, before);
    }
  } finally {
    shell.close();
  }
}, 20_000);

test.skipIf(Bun.which("zsh") === null)("zsh completes by Tab what clauth answers", async () => {
  using box = createFakeSandbox();
  const { stdout } = await box.run(["clauth", "completions", "zsh"]);
  const script = `${stdout}
_describe() { print -l -- \${(@P)2} }
_files() { print files }
words=(clauth whi) CURRENT=2; _clauth
words=(clauth local w) CURRENT=3; _clauth
words=(clauth which '') CURRENT=3; _clauth`;
  expect((await box.run(["zsh", "-f", "-c", script])).stdout).toBe(
    "which:show which profile applies, and why\nwork:profile\nfiles\n",
  );
});

test.skipIf(Bun.which("fish") === null)("fish completes by Tab what clauth answers", async () => {
  using box = createFakeSandbox();
  const { stdout } = await box.run(["clauth", "completions", "fish"]);
  const ask = (line: string) => box.run(["fish", "-N", "-c", `${stdout}\ncomplete -C'${line}'`]);
  expect((await ask("clauth whi")).stdout).toBe("which\tshow which profile applies, and why\n");
  expect((await ask("clauth local w")).stdout).toBe("work\tprofile\n");
  expect((await ask("clauth editor ")).stdout).toStartWith("vscode\t");
});

test("another shell is wrong usage", async () => {
  using desk = createDesk();
  expect(await desk.clauth(["completions", "tcsh"])).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": 
    "clauth: error: the shell is bash, zsh, fish or powershell
    hint: clauth completions --help
    "
    ,
      "stdout": "",
    }
  `);
});
