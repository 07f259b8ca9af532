import { expect, test } from "bun:test";
import { existsSync, lstatSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { credentialsText, oauthAccountOf } from "../support/claude-login.ts";
import { fakeSteps } from "../support/fake-claude.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import { openPty, plain } from "../support/pty.ts";
import { createDesk } from "./call.ts";

test("without a terminal makes a logged-out profile, and says what comes next", async () => {
  using desk = createDesk();
  expect(await desk.clauth(["add", "work"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: added profile "work"
    clauth: to log it in: clauth login work
    clauth: use it here: clauth local work; everywhere: clauth global work
    "
    ,
      "stdout": "",
    }
  `);
  expect((await desk.clauth(["list"])).stdout).toMatch(/work .*logged out/);
  expect(desk.read(".clauth/profiles.toml")).toBe('profiles = ["work"]\n');
  expect(lstatSync(desk.profile("work", ".")).mode & 0o777).toBe(0o700);
});

test("sets no default, and is silent about it once there is a clauth.toml", async () => {
  using desk = createDesk();
  desk.write(".clauth/clauth.toml", "");
  expect((await desk.clauth(["add", "work", "--home"])).stderr).toMatchInlineSnapshot(`
    "clauth: profile "work" is the login in ~/.claude
    "
  `);
  expect(desk.read(".clauth/clauth.toml")).toBe("");
});

test("a name that is there already, in whatever case, changes nothing", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  expect(await desk.clauth(["add", "Work"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: there is a profile "work" already
    hint: choose another name; that one is logged in anew by: clauth login work
    "
    ,
      "stdout": "",
    }
  `);
  expect(readdirSync(join(desk.store, "profiles"))).toEqual(["work"]);
});

test.each([
  ["two ways to log in", ["work", "--home", "--login"], 2],
  ["a server without a key", ["work", "--login", "--base-url", "https://x.test"], 2],
  ["a verb as name", ["list"], 1],
  ["a token as name", ["sk-ant-fake"], 2],
  ["a key in argv", ["work", "--api-key", "sk-fake"], 2],
  ["a key as the option's value", ["work", "--api-key=sk-fake"], 2],
])("%s is refused, and nothing is made", async (_, args, status) => {
  using desk = createDesk();
  const { code, stderr } = await desk.clauth(["add", ...args]);
  expect(code).toBe(status);
  expect(stderr).not.toContain("sk-");
  expect(existsSync(join(desk.store, "profiles"))).toBe(false);
});

test("another tool's store is refused before anything is written there", async () => {
  using desk = createDesk();
  desk.write(".clauth/folders.json", "{}");
  expect(await desk.clauth(["add", "work"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: ~/.clauth belongs to another tool named clauth: ~/.clauth/folders.json is a file of its own
    hint: set CLAUTH_HOME to another directory, or move the other tool's away
    "
    ,
      "stdout": "",
    }
  `);
  expect(readdirSync(desk.store)).toEqual(["folders.json"]);
});

test("an API key comes by standard input, and stands in config.toml alone", async () => {
  using box = createFakeSandbox();
  const answer = await box.run(
    ["clauth", "add", "gateway", "--api-key", "--base-url", "https://gateway.test"],
    {
      stdin: "sk-fake-key\n",
    },
  );
  expect(answer).toMatchObject({ code: 0, stdout: "" });
  expect(answer.stderr).not.toContain("sk-fake");
  expect(box.read(box.profile("gateway", "config.toml"))).toBe(
    'base_url = "https://gateway.test"\napi_key = "sk-fake-key"\n',
  );
  expect(lstatSync(box.profile("gateway", "config.toml")).mode & 0o777).toBe(0o600);
});

test.each([
  ["no key", ""],
  ["two lines", "sk-one\nsk-two\n"],
])("%s on standard input makes no profile", async (_, stdin) => {
  using box = createFakeSandbox();
  const { code, stderr } = await box.run(["clauth", "add", "gateway", "--api-key"], { stdin });
  expect(code).toBe(1);
  expect(stderr).not.toContain("sk-");
  expect(existsSync(box.profile("gateway", "."))).toBe(false);
});

test.skipIf(process.platform === "win32")("on a terminal asks, and shows nothing of a key", async () => {
  using box = createFakeSandbox();
  const pty = openPty([join(box.store, "bin", "clauth"), "add", "gateway"], {
    cwd: box.project,
    env: box.env,
  });
  await pty.shows("[1-4, default 1]:");
  pty.type("2\r");
  await pty.shows("API key (not shown):");
  pty.type("sk-fake-kex\x7fy\r");
  expect(await pty.exited).toMatchObject({ code: 0 });
  expect(plain(pty.output())).not.toContain("sk-fake");
  expect(box.read(box.profile("gateway", "config.toml"))).toBe('api_key = "sk-fake-key"\n');
  pty.close();
});

test.skipIf(process.platform === "win32")("^C at the prompt makes no profile", async () => {
  using box = createFakeSandbox();
  const argv = [join(box.store, "bin", "clauth"), "add", "gateway", "--api-key"];
  const pty = openPty(argv, { cwd: box.project, env: box.env });
  await pty.shows("API key (not shown):");
  pty.type("sk-fake\x03");
  expect(await pty.exited).not.toMatchObject({ code: 0 });
  expect(existsSync(box.profile("gateway", "."))).toBe(false);
  pty.close();
});

test("the login of a file is taken over, and the file is named as spent", async () => {
  using desk = createDesk();
  const file = desk.write("old/login.json", `${credentialsText({ account: "I" })}\n`);
  expect(await desk.clauth(["add", "imported", "--import", file])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: the login of ~/old/login.json belongs to "imported" now: used there again, it would end here
    clauth: added profile "imported"
    clauth: use it here: clauth local imported; everywhere: clauth global imported
    "
    ,
      "stdout": "",
    }
  `);
  expect(desk.read(desk.profile("imported", "credentials.json"))).toBe(desk.read(file));
  expect(lstatSync(desk.profile("imported", "credentials.json")).mode & 0o777).toBe(0o600);
});

test("a .credentials.json is moved, since a claude would use it where it lies", async () => {
  using desk = createDesk();
  const text = credentialsText({ account: "I" });
  const file = desk.write("old/.credentials.json", text);
  expect((await desk.clauth(["add", "imported", "--import", file])).code).toBe(0);
  expect(desk.read(desk.profile("imported", "credentials.json"))).toBe(text);
  expect(existsSync(file)).toBe(false);
});

test("an import by standard input", async () => {
  using box = createFakeSandbox();
  const stdin = credentialsText({ account: "I" });
  expect(await box.run(["clauth", "add", "imported", "--import", "-"], { stdin })).toMatchObject({ code: 0 });
  expect(box.read(box.profile("imported", "credentials.json"))).toBe(stdin);
});

test.each([
  ["of ~/.claude", ".claude/.credentials.json"],
  ["of another profile", ".clauth/profiles/work/credentials.json"],
])("the login %s is not imported a second time (invariant 2)", async (_, holder) => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write(holder, credentialsText({ account: "I" }));
  const file = desk.write("copy.json", credentialsText({ account: "I" }));
  const { code, stderr } = await desk.clauth(["add", "imported", "--import", file]);
  expect(code).toBe(1);
  expect(stderr).toContain("holds this very login");
  expect(existsSync(desk.profile("imported", "."))).toBe(false);
});

test.each([
  ["no file", undefined],
  ["no JSON", "hello"],
  ["the stub of a refused refresh", '{"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0}}'],
])("%s is not imported", async (_, text) => {
  using desk = createDesk();
  if (text !== undefined) desk.write("file.json", text);
  expect((await desk.clauth(["add", "imported", "--import", "../file.json"])).code).toBe(1);
  expect(existsSync(desk.profile("imported", "."))).toBe(false);
});

test("--home copies nothing", async () => {
  using desk = createDesk();
  desk.write(".claude/.credentials.json", credentialsText({ account: "H" }));
  await desk.clauth(["add", "mine", "--home"]);
  expect(readdirSync(desk.profile("mine", "."))).toEqual(["config.toml"]);
  expect(desk.read(desk.profile("mine", "config.toml"))).toBe("home = true\n");
});

test.each(["copy", "link"])(
  "--home cures a profile that shares its chain with ~/.claude by a %s",
  async (how) => {
    using desk = createDesk();
    desk.addProfile("shared", undefined, "auto_start = false\n");
    const home = desk.write(".claude/.credentials.json", credentialsText({ account: "H" }));
    if (how === "link") symlinkSync(home, desk.profile("shared", "credentials.json"));
    else desk.write(desk.profile("shared", "credentials.json"), desk.read(home));
    expect((await desk.clauth(["add", "shared", "--home"])).code).toBe(0);
    expect(desk.read(desk.profile("shared", "config.toml"))).toBe("home = true\nauto_start = false\n");
    expect(existsSync(desk.profile("shared", "credentials.json"))).toBe(false);
    expect(existsSync(desk.profile("shared", "backups"))).toBe(how === "copy");
    expect(existsSync(home)).toBe(true);
  },
);

test("--home leaves a profile with a login of its own alone", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  desk.write(".claude/.credentials.json", credentialsText({ account: "H" }));
  expect(await desk.clauth(["add", "work", "--home"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: there is a profile "work" already, with a login of its own
    hint: choose another name for the login in ~/.claude
    "
    ,
      "stdout": "",
    }
  `);
  expect(existsSync(desk.profile("work", "credentials.json"))).toBe(true);
});

test("--login makes the profile and logs it in", async () => {
  using box = createFakeSandbox();
  const env = fakeSteps(
    { do: "refresh", credentials: credentialsText({ account: "N" }) },
    { do: "set", key: "oauthAccount", value: oauthAccountOf("N") },
  );
  const { code, stderr } = await box.run(["clauth", "add", "new", "--login"], { env });
  expect({ code, stderr }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: added profile "new"
    clauth: profile "new" is logged in as n@example.test
    clauth: use it here: clauth local new; everywhere: clauth global new
    "
    ,
    }
  `);
});

test("a profile that stands for ~/.claude already stays as it is", async () => {
  using desk = createDesk();
  await desk.clauth(["add", "mine", "--home"]);
  const before = desk.read(desk.profile("mine", "config.toml"));
  expect((await desk.clauth(["add", "mine", "--home"])).code).toBe(0);
  expect(desk.read(desk.profile("mine", "config.toml"))).toBe(before);
});

test("a server that is no address is refused before a key is asked for", async () => {
  using desk = createDesk();
  const { code, stderr } = await desk.clauth(["add", "x", "--api-key", "--base-url", "gateway.example"]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr:
      "clauth: error: --base-url takes an address that begins with https:// or http://\nhint: clauth add --help\n",
  });
  expect((await desk.clauth(["list", "--json"])).stdout).toBe("[]\n");
});

test.skipIf(process.platform === "win32")(
  "on a terminal asks for the name that is missing, in a script not",
  async () => {
    using box = createFakeSandbox({ profiles: false });
    const pty = openPty([join(box.store, "bin", "clauth"), "add"], { cwd: box.project, env: box.env });
    await pty.shows("name of the profile, as work or personal:");
    pty.type("office\r");
    await pty.shows("[1-4, default 1]:");
    pty.type("4\r");
    expect(await pty.exited).toMatchObject({ code: 0 });
    pty.close();
    expect(existsSync(box.profile("office", ""))).toBe(true);
    expect(await box.run(["clauth", "add"])).toMatchObject({
      code: 2,
      stderr: "clauth: error: NAME is missing\nhint: clauth add --help\n",
    });
  },
);

test("an import that can't be looked at is said in words", async () => {
  using desk = createDesk();
  symlinkSync("circle", join(desk.home, "circle"));
  expect((await desk.clauth(["add", "imported", "--import", "../circle"])).stderr).toBe(
    "clauth: error: can't look at ~/circle: its symbolic links lead in a circle\nhint: look at it with `ls -ld` and mend the link\n",
  );
});

test("an option that would do nothing is wrong usage, and adds nothing", async () => {
  using desk = createDesk();
  for (const options of [["--login-only"], ["--login", "--base-url", "https://a.test"]]) {
    const { code, stderr } = await desk.clauth(["add", "work", ...options]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(" goes with --") });
  }
  expect(existsSync(desk.profile("work", "."))).toBe(false);
});

test("a standard input that can't be read is said in words", async () => {
  using box = createFakeSandbox();
  const { code, stderr } = await box.run(["sh", "-c", "exec clauth add key --api-key </"]);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining("error: can't read standard input: something else stands there"),
  });
});
