import { expect, test } from "bun:test";
import { powershellFaults } from "../support/powershell.ts";
import { createDesk } from "./call.ts";

test.each(["bash", "zsh", "fish"])("%s gets a script that the shell can read", async (shell) => {
  using desk = createDesk();
  const { code, stdout } = await desk.clauth(["completions", shell]);
  expect(code).toBe(0);
  expect(stdout).toContain("clauth __profiles");
  expect(stdout).not.toContain("__api-key");
  const program = Bun.which(shell);
  if (program === null) return;
  expect(Bun.spawnSync([program, "-n"], { stdin: Buffer.from(stdout) }).exitCode).toBe(0);
});

test("powershell gets a script of what Windows PowerShell 5.1 has", async () => {
  using desk = createDesk();
  const { stdout } = await desk.clauth(["completions", "powershell"]);
  expect(stdout).toContain("clauth __profiles");
  expect(await powershellFaults(stdout)).toEqual([]);
});

test("bash completes verbs and the names of profiles", async () => {
  using desk = createDesk();
  const { stdout } = await desk.clauth(["completions", "bash"]);
  const script = `clauth() { echo work; echo private; }
${stdout}
COMP_WORDS=(clauth whi) COMP_CWORD=1; _clauth; echo "\${COMPREPLY[*]}"
COMP_WORDS=(clauth local w) COMP_CWORD=2; _clauth; echo "\${COMPREPLY[*]}"
COMP_WORDS=(clauth editor v) COMP_CWORD=2; _clauth; echo "\${COMPREPLY[*]}"`;
  expect(Bun.spawnSync(["bash", "-c", script]).stdout.toString()).toBe("which\nwork\nvscode\n");
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
