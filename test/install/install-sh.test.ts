import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { openPty } from "../support/pty.ts";
import { fileAppears } from "../support/wait-for.ts";
import { createUser, type InstallingUser, shellsAmong, type UserOptions } from "./installing-user.ts";

// Each installation builds an executable of 100 MB.
setDefaultTimeout(60_000);

const opened: InstallingUser[] = [];
afterEach(() => {
  for (const user of opened.splice(0)) user.close();
});

function newUser(options: UserOptions = {}): InstallingUser {
  const user = createUser(options);
  opened.push(user);
  return user;
}

const CLAUDE = "#!/bin/sh\necho 9.9.9 the real claude\n";

describe.each(shellsAmong(["dash", "bash", "zsh"]))("run by %s", (shell) => {
  test("installs one executable under both names, and ends with claude --version through it", async () => {
    const user = newUser();
    user.addProgram("claude", CLAUDE);
    const { code, stdout, stderr } = await user.install([], { shell });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("claude --version through the shim: 9.9.9 the real claude\n");
    expect(readlinkSync(join(user.home, ".clauth/bin/claude"))).toBe("clauth");
    expect(user.snapshot()[".clauth/bin"]).toBe("directory 700");
    expect((await user.run([join(user.home, ".clauth/bin/clauth")])).stdout).toBe("0.0.0 stand-in\n");
  });

  test("changes nothing the second time, and uninstalls to the byte", async () => {
    const user = newUser();
    user.write(".bashrc", "# mine\nalias ll='ls -l'");
    user.write(".profile", "umask 022\r\n");
    const before = user.snapshot();
    await user.install([], { shell });
    const installed = user.snapshot();
    expect(installed[".bashrc"]).not.toBe(before[".bashrc"]);
    await user.install([], { shell });
    expect(user.snapshot()).toEqual(installed);
    const { code, stderr } = await user.install(["--uninstall"], { shell });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(user.snapshot()).toEqual(before);
  });
});

describe("startup files", () => {
  const contents: [string, string | undefined][] = [
    ["ends in a newline", "a=1\n"],
    ["has no final newline", "a=1"],
    ["has CRLF line ends", "a=1\r\nb=2\r\n"],
    ["has CRLF line ends and no final one", "a=1\r\nb=2"],
    ["is empty", ""],
    ["ends in empty lines", "a=1\n\n\n"],
    ["has bytes that are not UTF-8", "a=\xff\xfe\n"],
    ["is absent", undefined],
  ];
  test.each(contents)("are restored where one %s", async (_, content) => {
    const user = newUser();
    if (content !== undefined) {
      user.write(".bashrc", "");
      writeFileSync(join(user.home, ".bashrc"), content, "latin1");
    }
    const before = user.snapshot();
    await user.install(["--quiet"]);
    expect(user.read(".bashrc")).toContain("# >>> clauth >>>");
    await user.install(["--quiet"]);
    await user.install(["--uninstall"]);
    expect(user.snapshot()).toEqual(before);
  });

  test("keep what was appended after our lines, on a line of its own", async () => {
    const user = newUser();
    user.write(".bashrc", "first");
    await user.install();
    user.write(".bashrc", `${user.read(".bashrc")}appended\n`);
    await user.install(["--uninstall"]);
    expect(user.read(".bashrc")).toBe("first\nappended\n");
  });

  test("get our lines moved to the end where something was appended", async () => {
    const user = newUser();
    user.write(".bashrc", "first\n");
    await user.install();
    user.write(".bashrc", `${user.read(".bashrc")}appended\n`);
    await user.install();
    expect(user.read(".bashrc")).toStartWith("first\nappended\n# >>> clauth >>>\n");
    expect(user.read(".bashrc").match(/>>> clauth >>>/g)).toHaveLength(1);
  });

  test("stay links into a dotfiles repository", async () => {
    const user = newUser();
    user.write("dotfiles/bashrc", "a=1", 0o640);
    symlinkSync("dotfiles/bashrc", join(user.home, ".bashrc"));
    const before = user.snapshot();
    await user.install();
    expect(readlinkSync(join(user.home, ".bashrc"))).toBe("dotfiles/bashrc");
    expect(user.read("dotfiles/bashrc")).toContain('"$HOME/.clauth/bin"');
    expect(statSync(join(user.home, "dotfiles/bashrc")).mode & 0o777).toBe(0o640);
    await user.install(["--uninstall"]);
    expect(user.snapshot()).toEqual(before);
  });

  test("that are write-protected are left alone, and named", async () => {
    const user = newUser();
    user.write(".bashrc", "a=1\n", 0o444);
    const { code, stderr } = await user.install();
    expect(code).toBe(0);
    expect(stderr).toContain(`left alone: ${user.home}/.bashrc is write-protected`);
    expect(user.read(".bashrc")).toBe("a=1\n");
  });

  test("that are links to nothing are left alone, and named", async () => {
    const user = newUser();
    symlinkSync("gone/bashrc", join(user.home, ".bashrc"));
    const { code, stderr } = await user.install();
    expect(code).toBe(0);
    expect(stderr).toContain(`left alone: ${user.home}/.bashrc is a link to nothing`);
    expect(existsSync(join(user.home, "gone"))).toBe(false);
  });

  test("with half of our lines are left alone, and named", async () => {
    const user = newUser();
    user.write(".bashrc", "# >>> clauth >>>\na=1\n");
    const { stderr } = await user.install();
    expect(stderr).toContain(`left alone: ${user.home}/.bashrc has the line`);
    expect(user.read(".bashrc")).toBe("# >>> clauth >>>\na=1\n");
  });

  const logins: [string, string[], string[]][] = [
    [".profile where there is none", [], [".profile"]],
    [".profile alone", [".profile"], [".profile"]],
    [".bash_profile and .profile", [".bash_profile", ".profile"], [".bash_profile", ".profile"]],
    [".bash_profile alone", [".bash_profile"], [".bash_profile"]],
    [".bash_profile before .bash_login", [".bash_profile", ".bash_login"], [".bash_profile"]],
    [".bash_login alone", [".bash_login"], [".bash_login"]],
  ];
  test.each(logins)("of a login shell are %s", async (_, present, expected) => {
    const user = newUser();
    for (const file of present) user.write(file, "a=1\n");
    await user.install();
    const candidates = [".bash_profile", ".bash_login", ".profile"];
    const edited = candidates.filter((file) => user.snapshot()[file]?.includes(">>> clauth >>>"));
    expect(edited).toEqual(expected);
  });

  test("are not touched with --no-modify-path", async () => {
    const user = newUser();
    user.write(".bashrc", "a=1\n");
    const { stdout } = await user.install(["--no-modify-path"]);
    expect(user.read(".bashrc")).toBe("a=1\n");
    expect(existsSync(join(user.home, ".profile"))).toBe(false);
    expect(stdout).toContain('export PATH="$HOME/.clauth/bin":"$PATH"');
  });

  test("put the directory first once, however often they are read", async () => {
    const user = newUser();
    await user.install();
    const bin = join(user.home, ".clauth/bin");
    for (const shell of shellsAmong(["dash", "bash", "zsh"])) {
      for (const [given, expected] of [
        ["/usr/bin:/bin", `${bin}:/usr/bin:/bin`],
        [`/usr/bin:${bin}:/bin`, `${bin}:/usr/bin:/bin`],
        [`/usr/bin:${bin}`, `${bin}:/usr/bin`],
        [`${bin}:/usr/bin`, `${bin}:/usr/bin`],
        [bin, bin],
      ]) {
        const script = 'set -u; . "$HOME/.profile"; . "$HOME/.profile"; echo "$PATH"';
        const { stdout } = await user.run([shell, "-c", script], { env: { PATH: given ?? "" } });
        expect(`${shell}: ${stdout}`).toBe(`${shell}: ${expected}\n`);
      }
    }
  });
});

describe.each(shellsAmong(["bash", "zsh", "fish"]))("in %s", (shell) => {
  const flags = [["-l"], ["-i"], ["-l", "-i"]];
  const startup = { bash: ".bashrc", zsh: ".zshrc", fish: ".config/fish/config.fish" }[shell] ?? "";
  const prepend = {
    bash: 'PATH="$HOME/.local/bin:$PATH"\n',
    zsh: 'path=("$HOME/.local/bin" $path)\n',
    fish: 'set -gx PATH "$HOME/.local/bin" $PATH\n',
  }[shell];

  test.each([
    ["an ordinary HOME", "home"],
    ["spaces and quotes in HOME", `it's a "home" of $x \`y\` [é]*`],
  ])("claude is the shim in every kind of shell, with %s", async (_, home) => {
    const user = newUser({ home, programs: ["bun", shell], login: `/bin/${shell}` });
    user.addProgram("claude", CLAUDE);
    user.write(startup, prepend ?? "");
    user.write(".local/bin/claude", CLAUDE, 0o755);
    const { code, stderr } = await user.install();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const flag of flags) {
      const { stdout } = await user.run([shell, ...flag, "-c", "command -v claude"]);
      expect(`${flag}: ${stdout}`).toBe(`${flag}: ${user.home}/.clauth/bin/claude\n`);
    }
  });

  test("an alias named claude is reported with its place, never with its text", async () => {
    const user = newUser({ programs: ["bun", shell], login: `/bin/${shell}` });
    user.addProgram("claude", CLAUDE);
    user.write(startup, "# mine\nalias claude='ANTHROPIC_API_KEY=sk-ant-api03-fake /opt/claude'\n");
    const { code, stdout, stderr } = await user.install();
    expect(code).toBe(0);
    expect(stderr).toContain(
      `in ${shell}, \`claude\` is a shell ${shell === "fish" ? "function" : "alias"} (`,
    );
    expect(stderr).toContain(`${startup}:2)`);
    expect(stdout + stderr).not.toContain("sk-ant-api03-fake");
  });

  test("a startup file that waits for ever does not stop the installation", async () => {
    const user = newUser({ programs: ["bun", shell], login: `/bin/${shell}` });
    user.addProgram("claude", CLAUDE);
    user.addProgram("timeout", '#!/bin/sh\nshift 3\nexec /usr/bin/timeout -s KILL 0.3 "$@"\n');
    user.write(startup, "sleep 1000\n");
    const { code, stderr } = await user.install();
    expect(code).toBe(0);
    expect(stderr).toContain(`could not ask a`);
  });
});

test("a function named claude is reported", async () => {
  const user = newUser({ programs: ["bun", "bash"] });
  user.addProgram("claude", CLAUDE);
  user.write(".bashrc", "claude() { command /opt/claude; }\n");
  const { stderr } = await user.install();
  expect(stderr).toContain(`in bash, \`claude\` is a shell function (${user.home}/.bashrc:1)`);
});

test("a directory that a later startup file puts first is reported", async () => {
  const user = newUser({ programs: ["bun", "bash"] });
  user.write(".local/bin/claude", CLAUDE, 0o755);
  user.write(".bashrc", `PROMPT_COMMAND=:\n. "$HOME/.late"\n`, 0o444);
  user.write(".late", 'PATH="$HOME/.local/bin:$PATH"\n');
  const { stderr } = await user.install();
  expect(stderr).toContain(`in an interactive bash, \`claude\` is ${user.home}/.local/bin/claude`);
});

describe("the prefix", () => {
  test("decides where the executables land, and may have spaces or be relative", async () => {
    const user = newUser();
    mkdirSync(join(user.home, "work"));
    const { code } = await user.install(["--prefix", "my tools"], { cwd: join(user.home, "work") });
    expect(code).toBe(0);
    expect(existsSync(join(user.home, "work/my tools/bin/claude"))).toBe(true);
    expect(existsSync(join(user.home, ".clauth"))).toBe(false);
    expect(user.read(".profile")).toContain(`"$HOME"'/work/my tools/bin'`);
  });

  test("is the store by default", async () => {
    const user = newUser();
    await user.install([], { env: { CLAUTH_HOME: join(user.home, "store") } });
    expect(existsSync(join(user.home, "store/bin/claude"))).toBe(true);
  });

  test("is refused where another program named claude lies in it", async () => {
    const user = newUser();
    user.write(".local/bin/claude", CLAUDE, 0o755);
    const before = user.snapshot();
    const { code, stderr } = await user.install([`--prefix=${user.home}/.local`]);
    expect(code).toBe(1);
    expect(stderr).toContain("is not clauth's");
    expect(user.snapshot()).toEqual(before);
    await user.install(["--uninstall", "--prefix", join(user.home, ".local")]);
    expect(user.snapshot()).toEqual(before);
  });

  test.each(["a:b", "a\\b", "a\nb"])("can't be named %j", async (name) => {
    const user = newUser();
    const { code, stderr } = await user.install(["--prefix", join(user.home, name)]);
    expect(code).toBe(1);
    expect(stderr).toContain("can't be in the directory's name");
    expect(user.snapshot()).toEqual({});
  });
});

describe("an installation that is there already", () => {
  test("is replaced by rename: a claude that runs goes on", async () => {
    const user = newUser({ programs: ["bun", "bash"] });
    user.addProgram(
      "claude",
      '#!/bin/sh\n[ "$*" != --version ] || exit 0\n: >"$HOME/started"\nread -r line && echo "read $line"\n',
    );
    await user.install(["--claude", "skip"]);
    const shim = join(user.home, ".clauth/bin/claude");
    const running = Bun.spawn([shim], { env: user.env, stdin: "pipe", stdout: "pipe" });
    await fileAppears(join(user.home, "started"));
    const before = statSync(shim).ino;
    user.addProgram("claude", CLAUDE);
    expect((await user.install()).code).toBe(0);
    expect(statSync(shim).ino).not.toBe(before);
    running.stdin.write("on\n");
    running.stdin.end();
    expect(await running.stdout.text()).toBe("read on\n");
    expect(await running.exited).toBe(0);
  });

  test("stays where the new source does not build, and nothing is left over", async () => {
    const user = newUser();
    await user.install();
    const installed = user.snapshot();
    writeFileSync(join(user.clone, "src/main.ts"), "import './missing.ts';\n");
    const { code, stderr } = await user.install();
    expect(code).toBe(1);
    expect(stderr).toContain("missing.ts");
    expect(stderr).toContain("clauth: error: the build failed\n");
    expect(user.snapshot()).toEqual(installed);
  });

  test("stays where the new executable does not run", async () => {
    const user = newUser();
    await user.install();
    const installed = user.snapshot();
    writeFileSync(join(user.clone, "src/main.ts"), "process.exit(3);\n");
    expect((await user.install()).code).toBe(1);
    expect(user.snapshot()).toEqual(installed);
  });
});

describe("without any Claude Code", () => {
  test("says so and how to get it, exits 0, and never waits for an answer", async () => {
    const user = newUser();
    const { code, stderr } = await user.install([], { stdin: "open" });
    expect(code).toBe(0);
    expect(stderr).toBe(
      "clauth: there is no Claude Code yet; to get it: npm install -g @anthropic-ai/claude-code@latest\n",
    );
  });

  /** Does what `npm install` does to a prefix, as far as it is looked at; the postinstall script does not run. */
  const NPM = `#!/bin/sh
echo "$*" >>"$HOME/npm-calls"
case "$*" in
  "prefix --global") echo "$npm_config_prefix" ; exit ;;
  *--global*) to=$npm_config_prefix/lib/node_modules bin=$npm_config_prefix/bin ;;
  *) to=$3/node_modules bin=$3/node_modules/.bin ;;
esac
mkdir -p "$to/@anthropic-ai/claude-code" "$to/@anthropic-ai/claude-code-linux-x64" "$bin"
echo 'exit 1' >"$bin/claude"
printf '#!/bin/sh\\necho 9.9.9 from npm\\n' >"$to/@anthropic-ai/claude-code-linux-x64/claude"
chmod +x "$bin/claude" "$to/@anthropic-ai/claude-code-linux-x64/claude"
`;

  test("--yes installs it globally where npm may write there", async () => {
    const user = newUser();
    user.addProgram("npm", NPM);
    const { code } = await user.install(["--yes"]);
    expect(code).toBe(0);
    expect(user.read("npm-calls")).toMatch(/install --global .* @anthropic-ai\/claude-code@latest\n/);
    const claude = join(
      user.env["npm_config_prefix"] ?? "",
      "lib/node_modules/@anthropic-ai/claude-code-linux-x64/claude",
    );
    expect(user.read(".clauth/clauth.toml")).toBe(
      `claude = ${JSON.stringify(claude)} # put here by install.sh\n`,
    );
  });

  test("--yes installs it below the prefix where npm may not, and --uninstall takes it away again", async () => {
    const user = newUser();
    user.addProgram("npm", NPM.replace('echo "$npm_config_prefix"', "echo /dev/null"));
    user.write(".clauth/clauth.toml", 'default = "work"\n', 0o600);
    await user.install(["--yes"]);
    const claude = join(user.home, ".clauth/claude/node_modules/@anthropic-ai/claude-code-linux-x64/claude");
    expect(user.read(".clauth/clauth.toml")).toBe(
      `claude = ${JSON.stringify(claude)} # put here by install.sh\ndefault = "work"\n`,
    );
    await user.install(["--uninstall"]);
    expect(existsSync(join(user.home, ".clauth/claude"))).toBe(false);
    expect(user.read(".clauth/clauth.toml")).toBe('default = "work"\n');
  });

  test("--claude skip installs none", async () => {
    const user = newUser();
    user.addProgram("npm", NPM);
    await user.install(["--yes", "--claude=skip"]);
    expect(existsSync(join(user.home, "npm-calls"))).toBe(false);
  });

  test.each([
    ["n", false],
    ["y", true],
  ])("asks at a terminal, and takes %s for an answer", async (answer, installs) => {
    const user = newUser();
    user.addProgram("npm", NPM);
    const terminal = openPty(["/bin/sh", join(user.clone, "install.sh")], { cwd: user.home, env: user.env });
    try {
      await terminal.shows("install it from the npm registry? [y/N]");
      terminal.type(`${answer}\n`);
      expect(await terminal.exited).toEqual({ code: 0, signal: null });
      expect(existsSync(join(user.home, "npm-calls"))).toBe(installs);
    } finally {
      terminal.close();
    }
  });
});

describe("getting Bun", () => {
  test("takes none from PATH that is too old or does not run, but the npm registry's", async () => {
    const user = newUser({ programs: ["node", "npm"] });
    user.addProgram("bun", "#!/bin/sh\necho 1.0.0\n");
    const before = user.snapshot();
    const { code, stdout, stderr } = await user.install();
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining("there is no Claude Code yet"),
    });
    expect(stdout).toContain("building with Bun ");
    await user.install(["--uninstall"]);
    expect(user.snapshot()).toEqual(before);
  }, 120_000);

  test("tries the build for glibc where a loader of musl stands beside it", () => {
    const script = `. ${JSON.stringify(join(import.meta.dir, "../../scripts/bun.sh"))}; bun_builds`;
    const builds = Bun.spawnSync(["sh", "-c", script]).stdout.toString().trim().split("\n");
    expect(builds.filter((build) => !build.includes("musl"))).toEqual(
      process.arch === "x64"
        ? [expect.any(String), expect.stringMatching(/-x64-baseline$/)]
        : [expect.any(String)],
    );
  });

  test("falls back on Bun's own installer, which gets no startup file to edit", async () => {
    const user = newUser({ programs: ["bash"] });
    user.addProgram(
      "curl",
      `#!/bin/sh
cat >"$4" <<'EOF'
echo 'export BUN_INSTALL=litter' >>"$HOME/.bashrc"
mkdir -p "$BUN_INSTALL/bin" && ln -s ${JSON.stringify(process.execPath)} "$BUN_INSTALL/bin/bun"
EOF
`,
    );
    const { code } = await user.install();
    expect(code).toBe(0);
    expect(user.read(".bashrc")).not.toContain("litter");
  });

  test("says so where there is no way, and leaves nothing behind", async () => {
    const user = newUser({ programs: [] });
    const { code, stderr } = await user.install();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /clauth: error: there is no Bun [\d.]+ or newer, and it could not be fetched\nhint: /,
    );
    expect(existsSync(join(user.home, ".bashrc"))).toBe(false);
  });
});

describe("--uninstall", () => {
  async function userWithProfiles(): Promise<InstallingUser> {
    const user = newUser();
    await user.install();
    user.write(".clauth/clauth.toml", 'default = "work"\n', 0o600);
    user.write(".clauth/profiles/work/runtime/.credentials.json", "{}", 0o600);
    user.write(".clauth/profiles/fresh/credentials.json", "{}", 0o600);
    user.write(".clauth/profiles/key/config.toml", 'api_key = "sk-ant-api03-fake"\n', 0o600);
    user.write(".clauth/profiles/main/config.toml", "home = true\n", 0o600);
    user.write(".clauth/removed/20260101T000000000Z-old/credentials.json", "{}", 0o600);
    user.write(".clauth/another-program.db", "x");
    return user;
  }

  test("keeps the profiles and says how each login can still be used", async () => {
    const user = await userWithProfiles();
    const { stdout } = await user.install(["--uninstall"]);
    const profiles = join(user.home, ".clauth/profiles");
    expect(stdout).toContain(`  work: CLAUDE_CONFIG_DIR='${profiles}/work/runtime' claude\n`);
    expect(stdout).toContain(`  fresh: mkdir -p '${profiles}/fresh/runtime' && ln -s ../credentials.json `);
    expect(stdout).toContain("  main: claude\n");
    expect(stdout).toContain("  key: ANTHROPIC_API_KEY=<api_key of ");
    expect(stdout).not.toContain("sk-ant-api03-fake");
    expect(existsSync(join(profiles, "work/runtime/.credentials.json"))).toBe(true);
    expect(existsSync(join(user.home, ".clauth/bin"))).toBe(false);
  });

  test("--purge changes nothing where nobody agrees", async () => {
    const user = await userWithProfiles();
    const before = user.snapshot();
    const { code, stderr } = await user.install(["--uninstall", "--purge"], { stdin: "open" });
    expect(code).toBe(1);
    expect(stderr).toContain("hint: add --yes");
    expect(user.snapshot()).toEqual(before);
  });

  test("--purge --yes removes the profiles and nothing that is not clauth's", async () => {
    const user = await userWithProfiles();
    await user.install(["--uninstall", "--purge", "--yes"]);
    expect(Object.keys(user.snapshot())).toEqual([".clauth", ".clauth/another-program.db"]);
  });

  test("is content where nothing is installed", async () => {
    const user = newUser();
    const { code, stderr } = await user.install(["--uninstall"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(user.snapshot()).toEqual({});
  });
});

test.skipIf(process.getuid?.() !== 0)("sudo is refused where HOME is still the caller's", async () => {
  const user = newUser();
  chownSync(user.home, 1000, 1000);
  const { code, stderr } = await user.install([], { env: { SUDO_USER: "caller", SUDO_UID: "1000" } });
  expect(code).toBe(1);
  expect(stderr).toContain("hint: run install.sh without sudo");
  expect(user.snapshot()).toEqual({});
});

test.each([[["--frobnicate"]], [["--prefix"]], [["--prefix="]], [["--claude", "maybe"]], [["--purge"]]])(
  "misuse prints the usage and exits 2: %j",
  async (args) => {
    const user = newUser();
    const { code, stderr } = await user.install(args);
    expect(code).toBe(2);
    expect(stderr).toContain("usage: sh install.sh");
    expect(user.snapshot()).toEqual({});
  },
);

test("--quiet says nothing where all went well", async () => {
  const user = newUser();
  user.addProgram("claude", CLAUDE);
  expect(await user.install(["--quiet"])).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("nothing in the directory that install.sh is started in is read", async () => {
  const user = newUser();
  user.addProgram("claude", CLAUDE);
  const cwd = join(user.home, "hostile");
  user.write("hostile/bunfig.toml", 'preload = ["./evil.ts"]\n');
  user.write("hostile/evil.ts", 'require("node:fs").writeFileSync(process.env.HOME + "/evil", "");\n');
  user.write("hostile/.npmrc", "registry=http://127.0.0.1:1/\n");
  expect((await user.install([], { cwd })).code).toBe(0);
  expect((await user.run([join(user.home, ".clauth/bin/claude"), "--version"], { cwd })).code).toBe(0);
  expect(existsSync(join(user.home, "evil"))).toBe(false);
});

test("the real program: claude runs the real one untouched, clauth knows its version", async () => {
  const user = newUser({ product: "real" });
  user.addProgram("claude", '#!/bin/sh\necho "9.9.9 $* [$CLAUDE_CONFIG_DIR]"\n');
  const { code, stdout, stderr } = await user.install();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("claude --version through the shim: 9.9.9 --version []\n");
  const clauth = await user.run([join(user.home, ".clauth/bin/clauth"), "--version"]);
  expect(clauth).toEqual({ code: 0, stdout: expect.stringMatching(/^clauth \d+\.\d+\.\d+\n$/), stderr: "" });
});

test("the real program without any Claude Code: said so, and exit 0", async () => {
  const user = newUser({ product: "real" });
  const { code, stderr } = await user.install();
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining("there is no Claude Code yet"),
  });
});

test.each(["MINGW64_NT-10.0-22631", "MSYS_NT-10.0", "CYGWIN_NT-10.0"])(
  "in a shell of Windows (%s) nothing is done, and install.ps1 is named",
  async (system) => {
    const user = newUser();
    user.addProgram("uname", `#!/bin/sh\necho ${system}\n`);
    expect(await user.install()).toEqual({
      code: 1,
      stdout: "",
      stderr: "clauth: error: this is Windows\nhint: powershell -ExecutionPolicy Bypass -File install.ps1\n",
    });
    expect(user.snapshot()).toEqual({});
  },
);
