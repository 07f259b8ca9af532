import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
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
  expect((await desk.clauth(["backups", "work"])).stdout).toContain("a login");
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
