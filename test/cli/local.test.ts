import { expect, test } from "bun:test";
import { chmodSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createDesk } from "./call.ts";

test("writes the name into .clauthrc, shows it from below, and removes the file again", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  expect(await desk.clauth(["local", "WORK"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: ~/project/.clauthrc picks "work"
    "
    ,
      "stdout": "",
    }
  `);
  expect(desk.read("project/.clauthrc")).toBe("work\n");
  const below = desk.write("project/deep/file", "");
  expect(await desk.clauth(["local"], { cwd: join(below, "..") })).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": "",
      "stdout": 
    "work
    "
    ,
    }
  `);
  expect(await desk.clauth(["local", "--unset"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: removed ~/project/.clauthrc
    "
    ,
      "stdout": "",
    }
  `);
  expect(await desk.clauth(["local"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: no .clauthrc in ~/project or above
    hint: clauth local NAME writes one here
    "
    ,
      "stdout": "",
    }
  `);
});

test("keeps the comments of the file that it changes", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write("project/.clauthrc", '# for the client\nprofile = "old"\n');
  await desk.clauth(["local", "work"]);
  expect(desk.read("project/.clauthrc")).toBe('# for the client\nprofile = "work"\n');
});

test("takes system, and refuses a name that is no profile without touching the file", async () => {
  using desk = createDesk();
  desk.write("project/.clauthrc", "other\n");
  expect(await desk.clauth(["local", "nope"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: there is no profile "nope"
    hint: clauth add nope, or clauth list
    "
    ,
      "stdout": "",
    }
  `);
  expect(desk.read("project/.clauthrc")).toBe("other\n");
  expect(await desk.clauth(["local", "system"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: ~/project/.clauthrc picks "system"
    "
    ,
      "stdout": "",
    }
  `);
  expect(desk.read("project/.clauthrc")).toBe("system\n");
});

test("says what is stronger in this shell", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.addProfile("other");
  const answer = await desk.clauth(["local", "work"], { env: { CLAUTH_PROFILE: "other" } });
  expect(answer).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: ~/project/.clauthrc picks "work"
    clauth: but not in this shell: CLAUTH_PROFILE is set, and that is stronger
    "
    ,
      "stdout": "",
    }
  `);
});

test("vouches for the file where clauth.toml asks for that", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write(".clauth/clauth.toml", 'trust = "allow"\n');
  await desk.clauth(["local", "work"]);
  expect((await desk.clauth(["which"])).stdout).toStartWith('profile "work"');
});

test("leaves a file alone that others can write", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  chmodSync(desk.write("project/.clauthrc", "other\n"), 0o666);
  expect(await desk.clauth(["local", "work"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: ~/project/.clauthrc can be written by everybody, so it was left alone
    hint: look at it, then: rm ~/project/.clauthrc
    "
    ,
      "stdout": "",
    }
  `);
  expect(desk.read("project/.clauthrc")).toBe("other\n");
});

test("of a link to a secret nothing is shown, whatever asks for it", async () => {
  using desk = createDesk();
  desk.write("secret", "hunter2hunter2\n");
  symlinkSync(join(desk.home, "secret"), join(desk.project, ".clauthrc"));
  for (const args of [["local"], ["which"], ["allow"], ["allow", "."], ["list"], ["doctor"]]) {
    const { stdout, stderr } = await desk.clauth(args);
    expect(stdout + stderr).not.toContain("hunter2");
  }
  const { stderr } = await desk.clauth(["which"], { env: { CLAUDE_CONFIG_DIR: "/opt/mine" } });
  expect(stderr).toContain("names no profile");
  expect(stderr).not.toContain("hunter2");
});
