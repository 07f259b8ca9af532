import { expect, test } from "bun:test";
import { createDesk } from "./call.ts";

test("lets a file pick as it is now, and no longer once it was changed", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.addProfile("other");
  desk.write(".clauth/clauth.toml", 'trust = "allow"\n');
  desk.write("project/.clauthrc", "work\n");
  expect(await desk.clauth(["which"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: ~/project/.clauthrc picks the profile "work" but was not allowed yet, or has changed since
    hint: read it, then: clauth allow ~/project/.clauthrc
    "
    ,
      "stdout": "",
    }
  `);
  expect(await desk.clauth(["allow"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: ~/project/.clauthrc may pick "work"
    "
    ,
      "stdout": "",
    }
  `);
  expect((await desk.clauth(["which"])).stdout).toStartWith('profile "work"');
  desk.write("project/.clauthrc", "other\n");
  expect((await desk.clauth(["which"])).code).toBe(1);
});

test("says where no file is", async () => {
  using desk = createDesk();
  expect(await desk.clauth(["allow"])).toMatchInlineSnapshot(`
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
  expect(await desk.clauth(["allow", "sub"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: no .clauthrc in ~/project/sub
    hint: clauth local NAME writes one here
    "
    ,
      "stdout": "",
    }
  `);
});
