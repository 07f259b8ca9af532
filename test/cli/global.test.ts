import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { createDesk } from "./call.ts";

test("sets, shows and unsets the default, and keeps the comments", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write(".clauth/clauth.toml", "# mine\nquiet = true\n");
  expect(await desk.clauth(["global", "work"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: "work" is the default (~/.clauth/clauth.toml)
    "
    ,
      "stdout": "",
    }
  `);
  expect(desk.read(".clauth/clauth.toml")).toBe('# mine\nquiet = true\ndefault = "work"\n');
  expect(await desk.clauth(["global"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": "",
      "stdout": 
    "work
    "
    ,
    }
  `);
  expect(await desk.clauth(["global", "--unset"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: there is no default now (~/.clauth/clauth.toml)
    "
    ,
      "stdout": "",
    }
  `);
  expect(desk.read(".clauth/clauth.toml")).toBe("# mine\nquiet = true\n");
  expect(await desk.clauth(["global"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: there is no default profile
    hint: clauth global NAME
    "
    ,
      "stdout": "",
    }
  `);
});

test("refuses a name that is no profile, and writes nothing", async () => {
  using desk = createDesk();
  expect((await desk.clauth(["global", "nope"])).code).toBe(1);
  expect(existsSync(`${desk.store}/clauth.toml`)).toBe(false);
});

test("explains a clauth.toml that is not valid, and leaves it as it is", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write(".clauth/clauth.toml", "defualt = 1\n");
  expect(await desk.clauth(["global", "work"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: ~/.clauth/clauth.toml:1: "defualt" is no key that clauth knows
    hint: the keys are default, trust, claude, quiet and [[rule]]
    "
    ,
      "stdout": "",
    }
  `);
  expect(desk.read(".clauth/clauth.toml")).toBe("defualt = 1\n");
});
