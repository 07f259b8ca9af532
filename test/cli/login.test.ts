import { expect, test } from "bun:test";
import { join } from "node:path";
import { credentialsText, oauthAccountOf } from "../support/claude-login.ts";
import { fakeSteps, readReport } from "../support/fake-claude.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";

test("runs claude auth login in the profile's tree, and says whose login it now has", async () => {
  using box = createFakeSandbox();
  box.addProfile("new");
  const to = join(box.root, "report");
  const credentials = credentialsText({ account: "N" });
  const env = fakeSteps(
    { do: "report", to },
    { do: "refresh", credentials },
    { do: "set", key: "oauthAccount", value: oauthAccountOf("N") },
  );
  const { code, stdout, stderr } = await box.run(["clauth", "login", "new", "--", "--console"], { env });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(stderr).toBe(`clauth: profile "new" is logged in as ${oauthAccountOf("N").emailAddress}\n`);
  expect(readReport(to).args).toEqual(["auth", "login", "--console"]);
  expect(readReport(to).env["CLAUDE_CONFIG_DIR"]).toBe(box.profile("new", "runtime"));
  expect(box.read(box.profile("new", "credentials.json"))).toBe(credentials);
});

test("believes the file, not claude's status", async () => {
  using box = createFakeSandbox();
  const { code, stderr } = await box.run(["clauth", "login", "work"], {
    env: fakeSteps({ do: "exit", code: 0 }),
  });
  expect({ code, stderr }).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: claude ended as if it had logged in, but profile "work" has no new login
    hint: clauth login work; \`clauth sessions\` shows who else runs
    "
    ,
    }
  `);
});

test("fails as claude fails", async () => {
  using box = createFakeSandbox();
  const { code } = await box.run(["clauth", "login", "work"], { env: fakeSteps({ do: "exit", code: 7 }) });
  expect(code).toBe(7);
});

test("refuses a profile whose API key would beat the login", async () => {
  using box = createFakeSandbox();
  box.addProfile("gateway", undefined, 'api_key = "sk-fake"\n');
  const { code, stderr } = await box.run(["clauth", "login", "gateway"]);
  expect({ code, stderr: box.redact(stderr) }).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: profile "gateway" uses the API key of its config.toml, which beats any login
    hint: take api_key out of $CLAUTH_HOME/profiles/gateway/config.toml, or: clauth add OTHER --login
    "
    ,
    }
  `);
});

test("begins a profile anew of which only the list knows, as a start of it says", async () => {
  using box = createFakeSandbox();
  box.write(".clauth/profiles.toml", 'profiles = ["work", "gone"]\n', 0o600);
  const start = () => box.run(["claude"], { env: { CLAUTH_PROFILE: "gone" } });
  const { code, stderr } = await start();
  expect({ code, stderr }).toMatchInlineSnapshot(`
    {
      "code": 125,
      "stderr": 
    "clauth: error: profile "gone" has no directory (CLAUTH_PROFILE is set)
    hint: clauth login gone begins it anew, clauth remove gone takes it off the list
    "
    ,
    }
  `);
  const credentials = credentialsText({ account: "N" });
  const env = fakeSteps({ do: "refresh", credentials });
  expect((await box.run(["clauth", "login", "gone"], { env })).code).toBe(0);
  expect(box.read(box.profile("gone", "credentials.json"))).toBe(credentials);
  expect((await start()).code).toBe(0);
});
