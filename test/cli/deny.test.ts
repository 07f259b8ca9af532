import { expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { createDesk } from "./call.ts";

test("keeps a file from picking, whatever it holds, until it is allowed", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write("project/.clauthrc", "work\n");
  expect(await desk.clauth(["deny"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: ~/project/.clauthrc may not pick a profile; clauth allow ~/project/.clauthrc takes that back
    "
    ,
      "stdout": "",
    }
  `);
  desk.write("project/.clauthrc", "# changed\nwork\n");
  expect(await desk.clauth(["which"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: ~/project/.clauthrc picks the profile "work" but was denied by \`clauth deny\`
    hint: read it, then: clauth allow ~/project/.clauthrc
    "
    ,
      "stdout": "",
    }
  `);
  await desk.clauth(["allow", "."]);
  expect((await desk.clauth(["which"])).code).toBe(0);
});

test("denies a file that is no valid one", async () => {
  using desk = createDesk();
  desk.write("project/.clauthrc", "one\ntwo\n");
  expect((await desk.clauth(["deny", ".clauthrc"])).code).toBe(0);
});

test("denies the file in a directory that is named, before there is one", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  symlinkSync("project", join(desk.home, "other-name"));
  await desk.clauth(["deny", "../other-name"]);
  desk.write("project/.clauthrc", "work\n");
  expect((await desk.clauth(["which"])).stderr).toContain("was denied by `clauth deny`");
});

test("a file in a directory that somebody else named is one word of the line to type", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  const directory = "$(touch owned); x";
  desk.write(`project/${directory}/.clauthrc`, "work\n");
  const { stderr } = await desk.clauth(["deny", directory]);
  expect(stderr).toContain(`clauth allow '~/project/${directory}/.clauthrc' takes that back`);
  const refused = await desk.clauth(["which", directory]);
  expect(refused.stderr).toContain(`hint: read it, then: clauth allow '~/project/${directory}/.clauthrc'\n`);
});
