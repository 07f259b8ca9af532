import { expect, test } from "bun:test";
import { join } from "node:path";
import { fakeSteps, readReport } from "../support/fake-claude.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";

test("gives claude what stands after --, byte for byte, and the profile to its children", async () => {
  using box = createFakeSandbox();
  const to = join(box.root, "report");
  const args = ["--help", "--", "", "a b", "ü"];
  const { code } = await box.run(["clauth", "run", "WORK", "--", ...args], {
    env: fakeSteps({ do: "report", to }),
  });
  const report = readReport(to);
  expect(code).toBe(0);
  expect(report.args.map((arg) => Buffer.from(arg, "latin1").toString())).toEqual(args);
  expect(report.env).toMatchObject({
    CLAUTH_PROFILE: "work",
    CLAUDE_CONFIG_DIR: box.profile("work", "runtime"),
  });
});

test("takes the path of a claude for an argument, not for the call of an editor", async () => {
  using box = createFakeSandbox();
  const to = join(box.root, "report");
  await box.run(["clauth", "run", "work", "--", box.claude, "hello"], {
    env: fakeSteps({ do: "report", to }),
  });
  expect(readReport(to).args).toEqual([box.claude, "hello"]);
});

test("wins over CLAUTH_PROFILE and CLAUTH_BYPASS, and system is the untouched claude", async () => {
  using box = createFakeSandbox();
  const to = join(box.root, "report");
  const env = { CLAUTH_PROFILE: "nope", CLAUTH_BYPASS: "1", ...fakeSteps({ do: "report", to }) };
  await box.run(["clauth", "run", "work"], { env });
  expect(readReport(to).env["CLAUTH_ACTIVE_PROFILE"]).toBe("work");
  await box.run(["clauth", "run", "system"], { env });
  expect(readReport(to).env["CLAUDE_CONFIG_DIR"]).toBeUndefined();
});

test("ends as claude ends", async () => {
  using box = createFakeSandbox();
  const codes = await Promise.all([
    box.run(["clauth", "run", "work"], { env: fakeSteps({ do: "exit", code: 3 }) }),
    box.run(["clauth", "run", "work"], { env: fakeSteps({ do: "signal", signal: "SIGTERM" }) }),
  ]);
  expect(codes.map(({ code, signal }) => ({ code, signal }))).toEqual([
    { code: 3, signal: null },
    { code: null, signal: "SIGTERM" },
  ]);
});

test.each([
  ["an unknown profile", ["nope"], {}, 125],
  ["no name", [], {}, 125],
  ["arguments without --", ["work", "-p"], {}, 125],
  ["no claude", ["work"], { CLAUTH_CLAUDE: "/nowhere/claude" }, 127],
  ["a claude that can't be run", ["work"], { CLAUTH_CLAUDE: "/etc/passwd" }, 126],
])("%s is a failure of our own", async (_, args, env, status) => {
  using box = createFakeSandbox();
  const { code, stdout, stderr } = await box.run(["clauth", "run", ...args], { env });
  expect({ code, stdout }).toEqual({ code: status, stdout: "" });
  expect(stderr).toMatch(/^clauth: error: .+\nhint: .+\n$/);
});
