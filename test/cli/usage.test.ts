import { expect, test } from "bun:test";
import { isProfileName } from "../../src/profile-name.ts";
import { createDesk } from "./call.ts";

test("a verb explains itself, and --help after -- is not ours", async () => {
  using desk = createDesk();
  expect((await desk.clauth(["rule", "add", "--help"])).stdout).toMatchInlineSnapshot(`
    "let a directory or a git remote pick a profile

    usage: clauth rule add PATTERN NAME

    arguments
      PATTERN  ~/work, or github.com/acme/* (in quotes)
      NAME     the profile, or system

    examples
      clauth rule add ~/work work               a directory and all below it
      clauth rule add 'github.com/acme/*' work  every clone of their repositories
    "
  `);
  expect(await desk.clauth(["help", "rule", "add"])).toEqual(await desk.clauth(["rule", "add", "-h"]));
  expect((await desk.clauth(["which", "--", "--help"])).code).toBe(2);
});

test("a word that begins several verbs explains them", async () => {
  using desk = createDesk();
  const { code, stdout } = await desk.clauth(["rule", "--help"]);
  expect({ code, stdout }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stdout": 
    "usage: clauth rule COMMAND

    commands
      clauth rule add     let a directory or a git remote pick a profile
      clauth rule list    show the rules of clauth.toml
      clauth rule remove  remove a rule

    clauth COMMAND --help shows what a command takes, with examples
    "
    ,
    }
  `);
  expect((await desk.clauth(["help", "rule"])).stdout).toBe(stdout);
  expect((await desk.clauth(["nope", "--help"])).code).toBe(2);
});

test("the name of a profile in the place of a verb is answered with what takes it", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  const { code, stderr } = await desk.clauth(["WORK"]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: "clauth: error: there is no such command\nhint: clauth run work, or clauth local work\n",
  });
});

test("an option before the verb is told its place", async () => {
  using desk = createDesk();
  expect((await desk.clauth(["--json", "list"])).stderr).toContain("options stand behind a command");
});

test("the help names every verb but the hidden ones", async () => {
  using desk = createDesk();
  const { code, stdout } = await desk.clauth(["--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain("  which ");
  expect(stdout).not.toContain("__");
  expect(await desk.clauth(["help"])).toEqual({ code, stdout, stderr: "" });
});

test("no profile can have the name of a verb", async () => {
  using desk = createDesk();
  const { stdout } = await desk.clauth(["__complete", "--", ""]);
  const verbs = stdout.split("\n").flatMap((line) => line.split("\t", 1)[0] || []);
  expect(verbs.length).toBeGreaterThan(20);
  expect([...verbs, "help", "version"].filter(isProfileName)).toEqual([]);
});

test("the version is that of package.json", async () => {
  using desk = createDesk();
  const { version } = await Bun.file(`${import.meta.dir}/../../package.json`).json();
  for (const word of ["--version", "-V", "-v", "version"])
    expect((await desk.clauth([word])).stdout).toBe(`clauth ${version}\n`);
});

test.each([
  ["no such verb", ["frobnicate"]],
  ["an unknown option", ["list", "--wat"]],
  ["an option that takes no value", ["list", "--json=yes"]],
  ["too many words", ["list", "one"]],
  ["a missing word", ["rule", "add", "~/x"]],
])("%s is wrong usage: exit 2, with a hint and nothing on stdout", async (_, args) => {
  using desk = createDesk();
  const { code, stdout, stderr } = await desk.clauth(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^clauth: error: .+\nhint: clauth .+\n$/);
});

test("surplus words are never echoed: one may be a key", async () => {
  using desk = createDesk();
  for (const args of [["list", "s3cret"], ["s3cret"], ["list", "--s3cret=s3cret"]]) {
    const { stderr } = await desk.clauth(args);
    expect(stderr).not.toContain("s3cret");
  }
});

test("with --json, or CLAUTH_ERROR_FORMAT=json, errors are JSON too", async () => {
  using desk = createDesk();
  expect(await desk.clauth(["rule", "list", "x", "--json"])).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": 
    "{"error":{"kind":"usage","message":"there are more arguments than it takes","hint":"clauth rule list --help","retry_safe":false,"path":null}}
    "
    ,
      "stdout": "",
    }
  `);
  const { stderr } = await desk.clauth(["local"], { env: { CLAUTH_ERROR_FORMAT: "json" } });
  expect(JSON.parse(stderr)).toMatchObject({ error: { kind: "no_rc_file", retry_safe: false } });
});

test.each([
  ["a key after --api-key", ["add", "work", "--api-key", "sk-ant-api03-fake"]],
  ["a key as its value", ["add", "work", "--api-key=short"]],
  ["a token in place of a name", ["login", "sk-ant-ort01-fake"]],
  ["a token in place of a verb", ["sk-ant-oat01-fake"]],
  ["a token in a value", ["add", "work", "--import=sk-ant-ort01-fake"]],
  ["a key of another server", ["add", "work", "--api-key", "sk-proj-fakefakefakefakefake"]],
  ["a key that looks like nothing", ["add", "work", "--api-key", "correct-horse"]],
  ["one beside other options", ["add", "--base-url", "https://x.test", "--api-key", "work", "s3cret"]],
  ["an address with a password", ["add", "work", "--api-key", "--base-url", "https://me:s3cret@x.test"]],
  ["a remote with a token", ["rule", "add", "https://me:s3cret@github.com/acme/x", "work"]],
  ["a signed token", ["add", "work", "--api-key", "eyJhbGciOi.eyJzdWIi.ZmFrZQ"]],
])("%s is refused with the reason, and echoed nowhere", async (_, args) => {
  using desk = createDesk();
  const { code, stdout, stderr } = await desk.clauth(args, { env: { CLAUTH_DEBUG: "1" } });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toBe(
    "clauth: error: a token or key stands on the command line, where other programs and the shell's history see it\n" +
      "hint: clauth add NAME --api-key asks for it, or reads it from standard input; revoke this one\n",
  );
});

test("a token among the arguments of run stops it as run's own failure; after -- it is another program's", async () => {
  using desk = createDesk();
  expect(await desk.clauth(["run", "sk-ant-ort01-fake"])).toMatchObject({ code: 125 });
  const { stderr } = await desk.clauth(["run", "gone", "--", "-p", "sk-ant-ort01-fake"]);
  expect(stderr).toContain('there is no profile "gone"');
});

test.each([
  ["lsit", "list"],
  ["List", "list"],
  ["wich", "which"],
  ["docter", "doctor"],
  ["edtior", "editor"],
  ["ls", "list"],
  ["use", "local"],
  ["restore", "backups restore"],
])("%s, mistyped or another tool's word, names the command that was meant", async (word, meant) => {
  using desk = createDesk();
  const { stderr } = await desk.clauth([word]);
  expect(stderr).toBe(
    `clauth: error: there is no such command\nhint: did you mean clauth ${meant}? clauth help shows all\n`,
  );
});

test("a mistyped option names the one that was meant", async () => {
  using desk = createDesk();
  const { stderr } = await desk.clauth(["add", "work", "--logn"]);
  expect(stderr).toBe(
    "clauth: error: it has no option --logn\nhint: did you mean --login? clauth add --help shows all\n",
  );
});

test("what is like no command gets no guess, and no hidden one", async () => {
  using desk = createDesk();
  for (const word of ["frobnicate", "x", "_profiles", "__api-kye"])
    expect((await desk.clauth([word])).stderr).toEndWith("hint: clauth help\n");
});

test.each([[["login", "wrok"]], [["remove", "Wokr"]], [["run", "wor"]]])(
  "a mistyped profile in %p names the one that was meant",
  async (args) => {
    using desk = createDesk();
    desk.addProfile("work", { account: "W" });
    desk.addProfile("personal", { account: "P" });
    const { stderr } = await desk.clauth(args);
    expect(stderr).toContain(`hint: did you mean work? else: clauth add ${args[1]}, or clauth list\n`);
  },
);

test.each([
  ["run", ["run", "work", "--resume"], "ARGUMENTS FOR CLAUDE"],
  ["exec", ["exec", "work", "make"], "COMMAND"],
  ["login", ["login", "work", "--console"], "OPTIONS OF claude auth login"],
])("what %s is to hand on stands after --, and the hint says so", async (verb, args, rest) => {
  using desk = createDesk();
  const { stdout, stderr } = await desk.clauth(args);
  expect({ stdout, stderr }).toEqual({
    stdout: "",
    stderr: `clauth: error: what is not for clauth ${verb} itself stands after --\nhint: clauth ${verb} NAME -- ${rest}\n`,
  });
});

test("uninstall says what to do with the checkout, and what it does for whoever has it no more", async () => {
  using desk = createDesk();
  desk.write(".bashrc", "a\n# >>> clauth >>>\nexport PATH\n# <<< clauth <<<\n");
  expect((await desk.clauth(["uninstall"])).stdout).toBe(`in the checkout that clauth was installed from:
  sh install.sh --uninstall
without it, by hand:
  take the lines from "# >>> clauth >>>" to "# <<< clauth <<<" out of ~/.bashrc
  rm ~/.clauth/bin/claude ~/.clauth/bin/clauth
the profiles stay in ~/.clauth (--purge removes them too); without clauth, one is used by:
  CLAUDE_CONFIG_DIR=~/.clauth/profiles/NAME/runtime claude
`);
  const scripts = await Bun.file(`${import.meta.dir}/../../scripts/startup-files.sh`).text();
  expect(scripts).toContain("BEGIN_MARK='# >>> clauth >>>'\nEND_MARK='# <<< clauth <<<'\n");
});

test("uninstall names the place that was installed into", async () => {
  using desk = createDesk();
  const executable = desk.write("opt/bin/clauth", "");
  desk.write("opt/bin/claude", "");
  const { stdout } = await desk.clauth(["uninstall"], { executable });
  expect(stdout).toContain("  sh install.sh --uninstall --prefix ~/opt\n");
  expect(stdout).toContain("  rm ~/opt/bin/claude ~/opt/bin/clauth\n");
});
