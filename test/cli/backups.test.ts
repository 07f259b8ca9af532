import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { credentialsText } from "../support/claude-login.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import { createDesk } from "./call.ts";

test("lists what was kept, and says which is a login", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  desk.write(
    desk.profile("work", "backups/20260102T030405678Z-credentials-replaced"),
    credentialsText({ account: "O" }),
  );
  desk.write(desk.profile("work", "backups/20260102T030405679Z-CLAUDE.md"), "mine");
  desk.write(desk.profile("work", "backups/conflicts.jsonl"), "");
  const { stdout } = await desk.clauth(["backups", "--json"]);
  expect(JSON.parse(stdout)).toEqual([
    {
      profile: "work",
      id: expect.stringContaining("-credentials-replaced"),
      what: "credentials-replaced",
      time: "<time>",
      bytes: expect.any(Number),
      login: true,
    },
    {
      profile: "work",
      id: expect.stringContaining("-CLAUDE.md"),
      what: "CLAUDE.md",
      time: "<time>",
      bytes: 4,
      login: false,
    },
  ]);
  expect((await desk.clauth(["backups", "work"])).stdout).toMatch(/-credentials-replaced .* login\n/);
});

test("restore makes the login the profile's own, and it stays so through the next session", async () => {
  using box = createFakeSandbox();
  await box.call([], { profile: "work" });
  const rotated = credentialsText({ account: "W", generation: 2 });
  const original = box.read(box.profile("work", "credentials.json"));
  await box.call([], { profile: "work", steps: [{ do: "refresh", credentials: rotated }] });
  const id = readdirSync(box.profile("work", "backups")).find((name) => name.includes("credentials")) ?? "";
  const { code, stderr } = await box.run(["clauth", "backups", "restore", "work", id]);
  expect({ code, stderr: stderr.replaceAll(id, "<id>") }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: profile "work" has the login of <id> again; the other one is in backups now
    clauth: where its token was refreshed since, Claude Code will refuse it: clauth login work
    "
    ,
    }
  `);
  await box.call([], { profile: "work" });
  expect(box.read(box.profile("work", "credentials.json"))).toBe(original);
  const kept = readdirSync(box.profile("work", "backups")).map((name) =>
    box.read(box.profile("work", `backups/${name}`)),
  );
  expect(kept).toContain(rotated);
});

test.each([
  ["a name that is not there", "20260102T030405678Z-credentials-gone", "no_such_backup"],
  ["a way out of the directory", "../credentials.json", "no_such_backup"],
  ["what is no login", "20260102T030405678Z-CLAUDE.md", "not_a_login"],
])("%s is not restored", async (_, id, kind) => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  desk.write(desk.profile("work", "backups/20260102T030405678Z-CLAUDE.md"), "mine");
  const { code, stderr } = await desk.clauth(["backups", "restore", "work", id], {
    env: { CLAUTH_ERROR_FORMAT: "json" },
  });
  expect({ code, kind: JSON.parse(stderr).error.kind }).toEqual({ code: 1, kind });
});

test("a login that another profile holds now is not restored (invariant 2)", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  desk.addProfile("other", { account: "O" });
  const id = "20260102T030405678Z-credentials-other-account";
  desk.write(desk.profile("work", `backups/${id}`), credentialsText({ account: "O" }));
  expect(await desk.clauth(["backups", "restore", "work", id])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: ~/.clauth/profiles/other/credentials.json holds this login now: a refresh in one place would end it in the other
    hint: clauth login work
    "
    ,
      "stdout": "",
    }
  `);
});

test("a removed profile comes back as it was, by its name alone", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" }, 'account = "w@example.test"\n');
  desk.write("project/.clauthrc", "work\n");
  const login = desk.read(desk.profile("work", "credentials.json"));
  await desk.clauth(["remove", "work"]);
  const { stderr } = await desk.clauth(["which"]);
  expect(stderr).toContain("hint: it was removed; to take it back: clauth backups restore work\n");
  expect((await desk.clauth(["backups", "work"])).stdout).toMatch(
    /^work {2}<time>-work {2}<time> {2}profile\n$/,
  );
  expect(await desk.clauth(["backups", "restore", "WORK"])).toEqual({
    code: 0,
    stdout: "",
    stderr: 'clauth: profile "work" is back as it was\n',
  });
  expect(desk.read(desk.profile("work", "credentials.json"))).toBe(login);
  expect(desk.read(".clauth/profiles.toml")).toContain('"work"');
  expect((await desk.clauth(["which"])).stdout).toStartWith('profile "work": ');
  expect(readdirSync(join(desk.store, "removed"))).toEqual([]);
});

test("of several removed ones of a name the last comes back, and any by its ID", async () => {
  using desk = createDesk();
  for (const account of ["A", "B"]) {
    desk.write(desk.profile("work", "credentials.json"), credentialsText({ account }));
    expect(await desk.clauth(["remove", "work"])).toMatchObject({ code: 0 });
  }
  const [first = ""] = readdirSync(join(desk.store, "removed")).sort();
  await desk.clauth(["backups", "restore", "work"]);
  expect(desk.read(desk.profile("work", "credentials.json"))).toContain("fakeB");
  expect(await desk.clauth(["backups", "restore", "work", first])).toMatchObject({
    code: 1,
    stderr:
      'clauth: error: there is a profile "work" again\nhint: clauth rename work OTHER, then clauth backups restore work\n',
  });
  await desk.clauth(["rename", "work", "office"]);
  expect((await desk.clauth(["backups", "restore", "work", first])).code).toBe(0);
  expect(desk.read(desk.profile("work", "credentials.json"))).toContain("fakeA");
});

test("a removed profile whose login is used elsewhere by now stays where it is (invariant 2)", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  await desk.clauth(["remove", "work"]);
  desk.write(desk.profile("other", "credentials.json"), credentialsText({ account: "W" }));
  const env = { CLAUTH_ERROR_FORMAT: "json" };
  const { code, stderr } = await desk.clauth(["backups", "restore", "work"], { env });
  expect({ code, kind: JSON.parse(stderr).error.kind }).toEqual({ code: 1, kind: "shared_chain" });
  expect(existsSync(join(desk.store, "profiles", "work"))).toBe(false);
});

test("a profile that runs again after it was taken back has its conversations and its login", async () => {
  using box = createFakeSandbox();
  await box.call([], {
    profile: "work",
    steps: [{ do: "write", path: ".claude/projects/-p/a.jsonl", text: "1" }],
  });
  expect((await box.run(["clauth", "remove", "work"])).code).toBe(0);
  expect((await box.run(["clauth", "backups", "restore", "work"])).code).toBe(0);
  const { code, stderr, report } = await box.call([], { profile: "work" });
  expect({ code, stderr, dir: report.env["CLAUDE_CONFIG_DIR"] }).toEqual({
    code: 0,
    stderr: "",
    dir: box.profile("work", "runtime"),
  });
  expect(box.read(box.profile("work", "runtime/.credentials.json"))).toContain("fakeW");
});

test("a login that was logged out is called so, is not offered, and comes back with a warning alone", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  const id = "20260102T030405678Z-credentials-logged-out";
  desk.write(desk.profile("work", `backups/${id}`), credentialsText({ account: "W" }));
  const listed = await desk.clauth(["backups", "work"]);
  expect({ ...listed, stdout: listed.stdout.trimEnd().split(/ {2,}/).at(-1) }).toEqual({
    code: 0,
    stdout: "logged out",
    stderr: "",
  });
  expect((await desk.clauth(["backups", "restore", "work", id])).stderr).toBe(
    `clauth: profile "work" has the login of <time>-credentials-logged-out again
clauth: since it was logged out, Claude Code will refuse it: clauth login work
`,
  );
});
