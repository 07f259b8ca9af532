import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Context } from "../../src/context.ts";
import { testOnlyFaults } from "../../src/disk/disk.ts";
import { checkShells } from "../../src/doctor/check-shells.ts";
import { storeOf } from "../../src/paths.ts";
import { SHIM_MARKER } from "../../src/shim-marker.ts";
import { failing } from "../support/faults.ts";

const FILES = { bash: ".bashrc", zsh: ".zshrc", fish: ".config/fish/config.fish" } as const;
const LOGIN_FILES = { bash: ".profile", zsh: ".zprofile", fish: ".config/fish/config.fish" } as const;

describe.each(["bash", "zsh", "fish"] as const)("%s", (shell) => {
  const there = Bun.which(shell) !== null;

  test.skipIf(!there)("that has the shim first is nothing to speak of", async () => {
    using user = newUser();
    user.write(LOGIN_FILES[shell], putsFirst(shell, `${user.home}/.clauth/bin`));
    user.write(FILES[shell], putsFirst(shell, `${user.home}/.clauth/bin`));
    expect(await user.check()).toEqual([]);
  });

  test.skipIf(!there)("in which claude is an alias or a function is named once", async () => {
    using user = newUser();
    const line = "alias claude='claude --verbose'\n";
    user.write(LOGIN_FILES[shell], `${putsFirst(shell, `${user.home}/.clauth/bin`)}${line}`);
    user.write(FILES[shell], `${putsFirst(shell, `${user.home}/.clauth/bin`)}${line}`);
    const found = await user.check();
    const which = shell === "bash" ? "an interactive and an interactive login" : "every";
    expect(found).toMatchObject([{ check: "shells", level: "warning" }]);
    expect(found[0]?.message).toMatch(
      `in ${which} ${shell}, claude is ${shell === "fish" ? "a function" : "an alias"}`,
    );
    expect(found[0]?.hint).toMatch(/^take it out of \S+:2, then open a new shell$/);
  });

  test.skipIf(!there)("whose startup file puts another claude first is a problem", async () => {
    using user = newUser();
    chmodSync(user.write("other/claude", "#!/bin/sh\n"), 0o755);
    user.write(FILES[shell], putsFirst(shell, `${user.home}/other`));
    const found = await user.check();
    const which = { bash: "an interactive", zsh: "an interactive and an interactive login", fish: "every" }[
      shell
    ];
    expect(found).toContainEqual({
      check: "shells",
      level: "problem",
      message: `in ${which} ${shell}, claude is ~/other/claude, not the shim`,
      hint: expect.stringContaining("as the last line of its startup file: "),
    });
  });
});

test("what a startup file makes bash remember is found, though PATH has the shim first", async () => {
  using user = newUser();
  const other = user.write("other/claude", "#!/bin/sh\n");
  chmodSync(other, 0o755);
  user.write(".bashrc", `${putsFirst("bash", `${user.home}/.clauth/bin`)}hash -p ${other} claude\n`);
  expect(await user.check()).toContainEqual({
    check: "shells",
    level: "problem",
    message: "in an interactive bash, claude is ~/other/claude, not the shim",
    hint: expect.stringContaining("as the last line of its startup file: "),
  });
});

test("a startup file that can't be read hides no alias", async () => {
  using user = newUser();
  user.write(".bashrc", "alias claude='claude --verbose'\n");
  using _ = testOnlyFaults((real) => ({
    open: (path, flags, mode) =>
      path.endsWith(".bashrc") ? failing("EACCES")() : real.open(path, flags, mode),
  }));
  const hints = (await user.check()).map(({ hint }) => hint);
  expect(hints).toContain("take it out of the startup file of bash, then open a new shell");
});

test("a shell without a startup file of the user's is not asked", async () => {
  using user = newUser();
  expect(await user.check({ PATH: process.env["PATH"] })).toEqual([]);
});

function putsFirst(shell: string, directory: string): string {
  return shell === "fish" ? `set -gx PATH ${directory} $PATH\n` : `export PATH="${directory}:$PATH"\n`;
}

function newUser() {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "clauth-shells-")));
  const write = (path: string, text: string) => {
    const whole = join(home, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
    return whole;
  };
  chmodSync(write(".clauth/bin/claude", `#!/bin/sh\n# ${SHIM_MARKER}\n`), 0o755);
  const check = async (env: Context["env"] = {}) => {
    const context: Context = {
      args: [],
      env: { HOME: home, PATH: `${home}/.clauth/bin:${process.env["PATH"]}`, ...env },
      cwd: home,
      home,
      platform: process.platform,
      executable: join(home, ".clauth/bin/clauth"),
      calledAs: "clauth",
      stdout: { isTerminal: false, write: () => {} },
      stderr: { isTerminal: false, write: () => {} },
    };
    const found = await checkShells(context, storeOf(context));
    return found.map((finding) => ({ ...finding, message: finding.message.replaceAll(home, "~") }));
  };
  return { home, write, check, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
}
