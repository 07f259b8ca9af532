import { expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { SHIM_MARKER } from "../../src/shim-marker.ts";
import { writeManifest } from "../../src/tree/manifest.ts";
import { credentialsText } from "../support/claude-login.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import { createDesk, type Desk } from "./call.ts";

test("a fresh installation is in order", async () => {
  using box = createFakeSandbox();
  await box.call([], { profile: "work" });
  const { code, stdout, stderr } = await box.run(["clauth", "doctor"]);
  expect({ code, stdout: box.redact(stdout), stderr }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: nothing is wrong
    "
    ,
      "stdout": 
    "ok       PATH: claude is $CLAUTH_HOME/bin/claude, the shim
    ok       claude: the real claude is <sandbox>/real/claude (the first claude on PATH after the shim)
    ok       profile work: in order
    ok       links: profiles share ~/.claude by symbolic links, which need no privilege here
    "
    ,
    }
  `);
});

test("names each thing that is wrong with its cure, and fails", async () => {
  using desk = healthyDesk();
  desk.addProfile("broken", { account: "B" }, "home = 3\n");
  desk.addProfile("fresh");
  desk.addProfile("dead");
  desk.write(
    desk.profile("dead", "credentials.json"),
    '{"claudeAiOauth":{"accessToken":"","refreshToken":""}}',
  );
  desk.addProfile("torn");
  desk.write(desk.profile("torn", "credentials.json"), '{"claudeAi');
  desk.write(".clauth/clauth.toml", 'default = "gone"\n');
  desk.write(".claude.json", "{");
  desk.write(".claude/settings.json", '{"env":{"ANTHROPIC_API_KEY":"sk-fake"}}');
  desk.write("project/.claude/settings.json", '{"apiKeyHelper":"x"}');
  const { code, stdout } = await desk.clauth(["doctor"]);
  expect(code).toBe(1);
  expect(stdout).not.toContain("sk-");
  expect(stdout).toMatchInlineSnapshot(`
    "ok       PATH: claude is ~/.clauth/bin/claude, the shim
    ok       claude: the real claude is ~/bin/claude (the first claude on PATH after the shim)
    problem  clauth.toml: ~/.clauth/clauth.toml:1 names "gone", and there is no such profile
             hint: clauth add gone, or clauth global NAME
    problem  profile broken: ~/.clauth/profiles/broken/config.toml:1: home has to be true or false
             hint: edit ~/.clauth/profiles/broken/config.toml
    warning  profile fresh: is logged out
             hint: clauth login fresh
    problem  profile dead: the server refused its token
             hint: clauth login dead
    problem  profile torn: ~/.clauth/profiles/torn/credentials.json is damaged
             hint: clauth backups torn, or clauth login torn
    problem  ~/.claude: ~/.claude.json is damaged: it is left as it is, and nothing of it reaches the profiles
             hint: mend it; Claude Code keeps copies of .claude.json in ~/.claude/backups
    warning  ~/.claude: env.ANTHROPIC_API_KEY in ~/.claude/settings.json decides the login of the untouched claude; profiles do not get it (is sent as the API key in place of the login)
             hint: nothing where that is meant; else take env.ANTHROPIC_API_KEY out of it
    warning  settings: apiKeyHelper in ~/project/.claude/settings.json beats every profile (its output is sent in place of the login)
             hint: take apiKeyHelper out of ~/project/.claude/settings.json, or start claude in another directory
    ok       links: profiles share ~/.claude by symbolic links, which need no privilege here
    "
  `);
});

test("one login in two places is a problem", async () => {
  using desk = healthyDesk();
  desk.addProfile("work", { account: "W" });
  desk.addProfile("copy", { account: "W" });
  desk.addProfile("home", { account: "H" });
  desk.write(".claude/.credentials.json", credentialsText({ account: "H" }));
  const findings = await problems(desk, "tokens");
  expect(findings).toMatchInlineSnapshot(`
    [
      "~/.claude and home hold the same login: a refresh in one ends it in the other; clauth add home --home",
      "work and copy hold the same login: a refresh in one ends it in the other; clauth login copy",
    ]
  `);
});

test("a login that was copied out of a directory made by hand is a problem", async () => {
  using desk = healthyDesk();
  desk.addProfile("work", { account: "W" });
  desk.write(".claude-old/.credentials.json", desk.read(desk.profile("work", "credentials.json")));
  desk.write(".claude-other/.credentials.json", credentialsText({ account: "O" }));
  expect(await problems(desk, "tokens")).toEqual([
    "work and ~/.claude-old hold the same login: a refresh in one ends it in the other; " +
      "mv ~/.claude-old/.credentials.json ~/.claude-old/.credentials.json.old",
  ]);
});

test("another claude before the shim is a problem, and a relative PATH entry a warning", async () => {
  using desk = healthyDesk();
  const shims = join(desk.store, "bin");
  const env = { PATH: `${desk.home}/bin:${shims}:` };
  const { code, stdout } = await desk.clauth(["doctor"], { env });
  expect(code).toBe(1);
  expect(stdout).toMatchInlineSnapshot(`
    "problem  PATH: ~/bin/claude stands before the shim ~/.clauth/bin/claude on PATH: claude picks no profile
             hint: in the shell's startup file, as its last line: export PATH="~/.clauth/bin:$PATH"
    warning  PATH: PATH has a relative or empty entry, which means the working directory
             hint: take it out
    ok       claude: the real claude is ~/bin/claude (the first claude on PATH after the shim)
    ok       links: profiles share ~/.claude by symbolic links, which need no privilege here
    "
  `);
});

test("a file before the shim that can't be executed is passed over, as by a shell", async () => {
  using desk = healthyDesk();
  desk.write("notes/claude", "#!/bin/sh\n", 0o644);
  const env = { PATH: `${desk.home}/notes:${desk.store}/bin:${desk.home}/bin` };
  expect((await desk.clauth(["doctor"], { env })).stdout).toStartWith(
    "ok       PATH: claude is ~/.clauth/bin",
  );
});

test("another program named clauth before this one is a warning", async () => {
  using desk = healthyDesk();
  desk.write("bin/clauth", "#!/bin/sh\n", 0o755);
  desk.write(".clauth/bin/clauth", `#!/bin/sh\n# ${SHIM_MARKER}\n`, 0o755);
  const said = "warning  PATH: typing clauth starts ~/bin/clauth, which is another program than this\n";
  expect((await desk.clauth(["doctor"])).stdout).not.toContain("another program");
  const env = { PATH: `${desk.home}/bin:${desk.store}/bin` };
  expect((await desk.clauth(["doctor"], { env })).stdout).toContain(said);
});

test("a store that others can write is a problem; one that is merely loose is tightened", async () => {
  using desk = healthyDesk();
  desk.addProfile("work", { account: "W" });
  await Bun.$`chmod 775 ${desk.store}/profiles`;
  expect((await desk.clauth(["doctor"])).stdout).toContain("~/.clauth/profiles was open to others (0775)");
  await Bun.$`chmod 777 ${desk.store}/profiles`;
  expect(await problems(desk, "store")).toMatchInlineSnapshot(`
    [
      "~/.clauth/profiles can be written by every user; look at what is in it, then: chmod o-w ~/.clauth/profiles",
    ]
  `);
});

test("--fix closes what was left open", async () => {
  using desk = healthyDesk();
  desk.addProfile("work", { account: "W" });
  const record = desk.write(
    desk.profile("work", "sessions/4242-abc"),
    JSON.stringify({
      profile: "work",
      pid: 4242,
      claude_pid: null,
      cwd: "/",
      started: "2026-01-01T00:00:00Z",
      boot_id: "another",
      pid_ns: "another",
    }),
  );
  expect((await desk.clauth(["doctor"])).stdout).toContain("an ended session was not closed");
  expect(existsSync(record)).toBe(true);
  const { code, stdout } = await desk.clauth(["doctor", "--fix"]);
  expect({ code, stdout }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stdout": 
    "ok       profile work: closed a session
    ok       PATH: claude is ~/.clauth/bin/claude, the shim
    ok       claude: the real claude is ~/bin/claude (the first claude on PATH after the shim)
    ok       profile work: in order
    ok       links: profiles share ~/.claude by symbolic links, which need no privilege here
    "
    ,
    }
  `);
  expect(existsSync(record)).toBe(false);
});

test("says the version of Claude Code, and warns of one that clauth was never tried with", async () => {
  using desk = healthyDesk();
  const says = (text: string) => desk.write("bin/claude", `#!/bin/sh\necho '${text}'\n`, 0o755);
  says("2.1.329 (Claude Code)");
  expect((await desk.clauth(["doctor"])).stdout).toContain(
    "ok       claude: the real claude is ~/bin/claude, 2.1.329 (",
  );
  says("2.1.9 (Claude Code)");
  const { stdout } = await desk.clauth(["doctor"]);
  expect(stdout).toContain(
    "older than any that clauth was tried with (2.1.197)\n         hint: claude update\n",
  );
});

test("another Claude Code of another version is named, once, and one of the same version is not", async () => {
  using desk = healthyDesk();
  const says = (path: string, text: string) => desk.write(path, `#!/bin/sh\necho '${text}'\n`, 0o755);
  says("bin/claude", "2.1.329 (Claude Code)");
  says(".claude/local/claude", "2.1.200 (Claude Code)");
  says(".local/bin/claude", "2.1.329 (Claude Code)");
  symlinkSync(join(desk.home, ".claude/local/claude"), join(desk.home, "twin"));
  const { code, stdout } = await desk.clauth(["doctor"]);
  expect({ code, found: stdout.match(/^.*another Claude Code.*$/gm) }).toEqual({
    code: 0,
    found: ["warning  claude: ~/.claude/local/claude is another Claude Code, 2.1.200, and is not used"],
  });
});

test("one that is off PATH is found where installers put it, and said", async () => {
  using desk = healthyDesk();
  desk.write(".claude/local/claude", "#!/bin/sh\necho '2.1.329 (Claude Code)'\n", 0o755);
  const env = { PATH: `${desk.store}/bin:/usr/bin:/bin` };
  expect((await desk.clauth(["doctor"], { env })).stdout).toContain(
    "the real claude is ~/.claude/local/claude, 2.1.329 (not on PATH; a usual place to install it)\n",
  );
});

test("the native installer's claude before the shim is a problem with its cure", async () => {
  using desk = healthyDesk();
  desk.write(".local/bin/claude", "#!/bin/sh\n", 0o755);
  const env = { PATH: `${desk.home}/.local/bin:${desk.store}/bin` };
  const { code, stdout } = await desk.clauth(["doctor"], { env });
  expect(code).toBe(1);
  expect(stdout).toStartWith(
    `problem  PATH: ~/.local/bin/claude stands before the shim ~/.clauth/bin/claude on PATH: claude picks no profile
         hint: in the shell's startup file, as its last line: export PATH="~/.clauth/bin:$PATH"
`,
  );
});

test("an editor whose extension starts its own claude is named, until its setting is written", async () => {
  using desk = healthyDesk();
  const settings = desk.write(".config/Code/User/settings.json", "{}");
  const editors = async () => (await desk.clauth(["doctor"])).stdout.match(/^.* editors: .*\n.*$/gm);
  expect(await editors()).toBeNull();
  desk.write(".vscode/extensions/anthropic.claude-code-2.1.252-linux-x64/package.json", "{}");
  expect(await editors()).toEqual([
    "warning  editors: Claude Code's panel in VS Code starts the claude of the extension: it picks no profile\n" +
      "         hint: clauth editor vscode --write",
  ]);
  desk.write(settings, '{"claudeCode.claudeProcessWrapper":"/opt/mine"}');
  expect((await editors())?.[0]).toContain(
    "starts the program that ~/.config/Code/User/settings.json names: it picks no profile",
  );
  desk.write(settings, "{}");
  expect((await desk.clauth(["editor", "vscode", "--write"])).code).toBe(0);
  expect(await editors()).toBeNull();
});

test("how a profile shares ~/.claude is said, why, and what its next start changes", async () => {
  using desk = healthyDesk();
  desk.addProfile("work", { account: "W" });
  const root = { dev: 1n, ino: 1n };
  const copies = { mode: "copy", forced: true, entries: new Map(), leakFree: new Map() } as const;
  mkdirSync(desk.profile("work", "base"));
  writeManifest(
    { base: desk.profile("work", "base") },
    { ...copies, home: { ...root, path: "/" }, tree: root },
  );
  const { stdout } = await desk.clauth(["doctor"]);
  expect(stdout).toContain(
    'ok       links: profile "work" shares ~/.claude by copies that are kept equal: as CLAUTH_LINK_MODE asked for\n',
  );
  expect(stdout).toContain(
    'warning  links: profile "work" changes to the best that its file system can do at its next start, ' +
      "because CLAUTH_LINK_MODE is not set\n         hint: to keep it as it is: set CLAUTH_LINK_MODE=copy\n",
  );
  const asked = await desk.clauth(["doctor"], { env: { CLAUTH_LINK_MODE: "symlink" } });
  expect(asked.stdout).toContain(
    'warning  links: profile "work" changes to symbolic links at its next start, because of CLAUTH_LINK_MODE\n',
  );
  const none = await desk.clauth(["doctor"], { env: { CLAUTH_LINK_MODE: "hardlink" } });
  expect(none.stdout).toContain('problem  links: CLAUTH_LINK_MODE is "hardlink", which is no link mode\n');
});

test("a lock that a killed claude left is named with the line that takes it away", async () => {
  using desk = healthyDesk();
  desk.addProfile("work", { account: "W" });
  const stale = desk.profile("work", "runtime/.oauth_refresh.lock");
  const taken = join(desk.home, ".claude.lock");
  for (const lock of [stale, taken]) mkdirSync(lock, { recursive: true });
  utimesSync(stale, 1000, 1000);
  const { code, stdout } = await desk.clauth(["doctor"]);
  expect({ code, locks: stdout.split("\n").filter((line) => line.includes(".lock")) }).toEqual({
    code: 0,
    locks: [
      "warning  locks: ~/.clauth/profiles/work/runtime/.oauth_refresh.lock was left by a claude that was killed",
      "         hint: clauth doctor --fix, or: rmdir ~/.clauth/profiles/work/runtime/.oauth_refresh.lock",
    ],
  });
  const fixed = await desk.clauth(["doctor", "--fix"]);
  expect(fixed.stdout).toStartWith(
    "ok       locks: took ~/.clauth/profiles/work/runtime/.oauth_refresh.lock away, which a killed claude had left\n",
  );
  expect([existsSync(stale), existsSync(taken)]).toEqual([false, true]);
});

test("every finding that is not ok has its fix", async () => {
  using desk = healthyDesk();
  desk.addProfile("broken", { account: "B" }, "home = 3\n");
  desk.write(".claude/settings.json", '{"env":{"ANTHROPIC_API_KEY":"sk-fake"}}');
  desk.write("project/.claude/settings.json", '{"apiKeyHelper":"x"}');
  const { stdout } = await desk.clauth(["doctor", "--json"], { env: { CLAUTH_BYPASS: "1", PATH: "" } });
  const findings: { level: string; hint: string | null }[] = JSON.parse(stdout);
  expect(findings.filter(({ level }) => level !== "ok").length).toBeGreaterThan(4);
  expect(findings.filter(({ level, hint }) => level !== "ok" && hint === null)).toEqual([]);
});

test("--json has one object for each finding", async () => {
  using desk = healthyDesk();
  desk.addProfile("fresh");
  const { stdout } = await desk.clauth(["doctor", "--json"]);
  expect(JSON.parse(stdout)).toContainEqual({
    check: "profile fresh",
    level: "warning",
    message: "is logged out",
    hint: "clauth login fresh",
    path: null,
  });
});

/** A desk whose PATH has the shim first. */
function healthyDesk(): Desk {
  const desk = createDesk();
  desk.write(".clauth/bin/claude", `#!/bin/sh\n# ${SHIM_MARKER}\n`, 0o755);
  const env = { PATH: `${desk.store}/bin:${desk.home}/bin` };
  return { ...desk, clauth: (args, change) => desk.clauth(args, { env, ...change }) };
}

async function problems(desk: Desk, check: string): Promise<readonly string[]> {
  const findings: { check: string; level: string; message: string; hint: string }[] = JSON.parse(
    (await desk.clauth(["doctor", "--json"])).stdout,
  );
  return findings
    .filter((finding) => finding.level === "problem" && finding.check === check)
    .map(({ message, hint }) => `${message}; ${hint}`);
}

test("a .clauthrc that stops every claude here is a problem here, and nowhere else", async () => {
  using desk = healthyDesk();
  desk.addProfile("work", { account: "W" });
  desk.write("project/.clauthrc", "wrok\n");
  const { code, stdout } = await desk.clauth(["doctor"]);
  expect({ code, found: stdout.match(/^.* here: .*\n.*$/gm) }).toEqual({
    code: 1,
    found: [
      'problem  here: there is no profile "wrok" (~/project/.clauthrc:1 names it)\n' +
        "         hint: did you mean work? else: clauth add wrok, or clauth list",
    ],
  });
  expect((await desk.clauth(["doctor"], { cwd: desk.home })).code).toBe(0);
});

test("what another tool left unreadable stops neither the other checks nor an import", async () => {
  using desk = healthyDesk();
  desk.write(".clausona/profiles.json/readme", "");
  const { code, stdout } = await desk.clauth(["doctor"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("links: profiles share") });
  expect((await desk.clauth(["import"])).code).toBe(0);
});

test("what can't be looked at is a problem in words, and stops no other check", async () => {
  using desk = healthyDesk();
  rmSync(join(desk.home, ".claude"), { recursive: true, force: true });
  symlinkSync(".claude", join(desk.home, ".claude"));
  const { code, stdout } = await desk.clauth(["doctor"]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining("links: profiles share") });
  expect(stdout).toContain("can't look at ~/.claude/.credentials.json: its symbolic links lead in a circle");
  expect(stdout).not.toContain("unexpected");
});

test("the directory to put on PATH is the one that was installed into", async () => {
  using desk = healthyDesk();
  const executable = desk.write("opt/bin/clauth", "", 0o755);
  desk.write("opt/bin/claude", "", 0o755);
  const { stdout } = await desk.clauth(["doctor"], { executable, env: { PATH: join(desk.home, "bin") } });
  expect(stdout).toContain('as its last line: export PATH="~/opt/bin:$PATH"');
});

test("a damaged list of profiles is one problem, and stops no profile that has a directory", async () => {
  using box = createFakeSandbox();
  box.write(join(box.store, "profiles.toml"), "profiles = [");
  expect((await box.call([], { profile: "work" })).code).toBe(0);
  const { stdout, stderr } = await box.run(["clauth", "doctor"]);
  expect(stdout).toContain("ok       profile work: in order\n");
  expect(stderr).toBe("clauth: 1 problem\n");
});

test("a store that can't be read is said once", async () => {
  using desk = healthyDesk();
  symlinkSync("profiles", join(desk.store, "profiles"));
  const { stdout } = await desk.clauth(["doctor"]);
  expect(stdout.match(/lead in a circle/g)).toHaveLength(1);
});

test("a file with other logins than Claude's is a profile that is logged out", async () => {
  using desk = healthyDesk();
  desk.addProfile("work");
  desk.write(desk.profile("work", "credentials.json"), '{"mcpOAuth":{}}');
  const { code, stdout } = await desk.clauth(["doctor"]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining("warning  profile work: is logged out\n"),
  });
});
