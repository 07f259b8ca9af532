import { expect, test } from "bun:test";
import { createDesk } from "./call.ts";

test("__api-key prints the key of config.toml and nothing else", async () => {
  using desk = createDesk();
  desk.addProfile("gateway", undefined, 'api_key = "sk-fake-key"\n');
  expect(await desk.clauth(["__api-key", "gateway"])).toEqual({
    code: 0,
    stdout: "sk-fake-key\n",
    stderr: "",
  });
});

test("__api-key without a key fails with nothing on stdout", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  expect(await desk.clauth(["__api-key", "work"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: profile "work" has no API key
    hint: write api_key = "..." into ~/.clauth/profiles/work/config.toml
    "
    ,
      "stdout": "",
    }
  `);
});
