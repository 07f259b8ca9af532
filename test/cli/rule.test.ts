import { expect, test } from "bun:test";
import { createDesk } from "./call.ts";

test("adds directories and remotes as they were meant, and lists them with their lines", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  expect(await desk.clauth(["rule", "add", "./sub", "work"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: there is no ~/project/sub yet: the rule counts as soon as there is
    clauth: directory ~/project/sub picks "work" (~/.clauth/clauth.toml)
    "
    ,
      "stdout": "",
    }
  `);
  await desk.clauth(["rule", "add", "/srv/x", "work"]);
  await desk.clauth(["rule", "add", "git@github.com:acme/site.git", "work"]);
  await desk.clauth(["rule", "add", "github.com/acme/*", "system"]);
  expect((await desk.clauth(["rule", "list"])).stdout).toMatchInlineSnapshot(`
    "~/project/sub         work    a directory   ~/.clauth/clauth.toml:1
    /srv/x                work    a directory   ~/.clauth/clauth.toml:5
    github.com/acme/site  work    a git remote  ~/.clauth/clauth.toml:9
    github.com/acme/*     system  a git remote  ~/.clauth/clauth.toml:13
    "
  `);
  expect((await desk.clauth(["rule", "list", "--json"])).stdout).toMatchInlineSnapshot(`
    "[
      {
        "kind": "directory",
        "pattern": "~/project/sub",
        "profile": "work",
        "line": 1
      },
      {
        "kind": "directory",
        "pattern": "/srv/x",
        "profile": "work",
        "line": 5
      },
      {
        "kind": "remote",
        "pattern": "github.com/acme/site",
        "profile": "work",
        "line": 9
      },
      {
        "kind": "remote",
        "pattern": "github.com/acme/*",
        "profile": "system",
        "line": 13
      }
    ]
    "
  `);
});

test("a second rule of the same pattern changes the first", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.addProfile("other");
  await desk.clauth(["rule", "add", "~/x", "work"]);
  await desk.clauth(["rule", "add", "~/x", "other"]);
  expect(desk.read(".clauth/clauth.toml")).toMatchInlineSnapshot(`
    "[[rule]]
    dir     = "~/x"
    profile = "other"
    "
  `);
});

test("removes a rule by its pattern as written or as typed", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  await desk.clauth(["rule", "add", "./sub", "work"]);
  expect(await desk.clauth(["rule", "remove", "./sub"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: removed the rule from ~/.clauth/clauth.toml
    "
    ,
      "stdout": "",
    }
  `);
  expect(desk.read(".clauth/clauth.toml")).toBe("");
  expect(await desk.clauth(["rule", "remove", "./sub"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: ~/.clauth/clauth.toml has no rule of that pattern
    hint: clauth rule list
    "
    ,
      "stdout": "",
    }
  `);
});

test("refuses what is neither a directory nor a remote, and a word alone", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  expect(await desk.clauth(["rule", "add", "a b", "work"])).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": 
    "clauth: error: a pattern is a directory (/path, ~/path, ./path) or a git remote (github.com/owner/*)
    hint: clauth rule add --help
    "
    ,
      "stdout": "",
    }
  `);
  expect(await desk.clauth(["rule"])).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": 
    "clauth: error: type one of: clauth rule add, clauth rule list, clauth rule remove
    hint: clauth help
    "
    ,
      "stdout": "",
    }
  `);
});

test("a directory that is not there yet may have a rule, and it is said", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  expect((await desk.clauth(["rule", "add", "~/later", "work"])).stderr).toBe(
    "clauth: there is no ~/later yet: the rule counts as soon as there is\n" +
      'clauth: directory ~/later picks "work" (~/.clauth/clauth.toml)\n',
  );
});

test("a name and a pattern in the wrong order are told so, before anything is written", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  for (const pattern of ["~/work", "/srv", "github.com/acme/*"]) {
    const { code, stderr } = await desk.clauth(["rule", "add", "work", pattern]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "clauth: error: the pattern stands before the name\nhint: clauth rule add --help\n",
    });
  }
  expect((await desk.clauth(["rule", "list", "--json"])).stdout).toBe("[]\n");
});

test("a directory that is typed like a remote is told how it is typed", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write("project/sites/readme", "");
  expect((await desk.clauth(["rule", "add", "sites", "work"])).stderr).toContain(
    "clauth: that is a git remote; for the directory: clauth rule add ./sites work\n",
  );
  expect((await desk.clauth(["rule", "add", "github.com", "work"])).stderr).not.toContain(
    "for the directory",
  );
});
