import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { oauthAccountOf } from "../support/claude-login.ts";
import { fakeSteps } from "../support/fake-claude.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";

test("the profile is logged out, and its last login is in backups", async () => {
  using box = createFakeSandbox();
  await box.call([], {
    profile: "work",
    steps: [{ do: "set", key: "oauthAccount", value: oauthAccountOf("W") }],
  });
  const { code, stderr } = await box.run(["clauth", "logout", "work"], { env: fakeSteps({ do: "logout" }) });
  expect({ code, stderr: box.redact(stderr) }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: profile "work" is logged out; its last login is in $CLAUTH_HOME/profiles/work/backups
    "
    ,
    }
  `);
  expect(existsSync(box.profile("work", "credentials.json"))).toBe(false);
  expect(existsSync(box.profile("work", "account.json"))).toBe(false);
  expect(readdirSync(box.profile("work", "backups")).join()).toContain("credentials-logged-out");
});

test("a login whose account nobody knows is logged out too", async () => {
  using box = createFakeSandbox();
  await box.call([], { profile: "work" });
  await box.run(["clauth", "logout", "work"], { env: fakeSteps({ do: "logout" }) });
  expect(existsSync(box.profile("work", "credentials.json"))).toBe(false);
  expect(readdirSync(box.profile("work", "backups")).join()).toContain("credentials-logged-out");
});

test("what claude refused changes nothing", async () => {
  using box = createFakeSandbox();
  const { code } = await box.run(["clauth", "logout", "work"], { env: fakeSteps({ do: "exit", code: 1 }) });
  expect(code).toBe(1);
  expect(existsSync(box.profile("work", "credentials.json"))).toBe(true);
});
