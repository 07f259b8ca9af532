import { expect, test } from "bun:test";
import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { createFakeSandbox } from "../support/fake-sandbox.ts";

test("runs a program in a session of the profile, with its own name and arguments", async () => {
  using box = createFakeSandbox();
  const script =
    'echo "$0 $1 $CLAUTH_PROFILE $CLAUDE_CONFIG_DIR"; ls "$CLAUDE_CONFIG_DIR/../sessions" | wc -l';
  const { code, stdout } = await box.run([
    "clauth",
    "exec",
    "work",
    "--",
    "sh",
    "-c",
    script,
    "name",
    "--json",
  ]);
  expect({ code, stdout: box.redact(stdout) }).toEqual({
    code: 0,
    stdout: "name --json work $CLAUTH_HOME/profiles/work/runtime\n1\n",
  });
  expect(readdirSync(box.profile("work", "sessions"))).toEqual([]);
});

test("needs no claude, and keeps the environment from beating the login", async () => {
  using box = createFakeSandbox();
  const env = { ANTHROPIC_API_KEY: "sk-fake", CLAUTH_CLAUDE: "/nowhere" };
  const { code, stdout } = await box.run(
    ["clauth", "exec", "work", "--", "sh", "-c", "echo $ANTHROPIC_API_KEY"],
    {
      env,
    },
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: "\n" });
});

test.each([
  ["no command", [], 125],
  ["a program that is not there", ["--", "nowhere-to-be-found"], 127],
  ["one that can't be run", ["--", "/etc/passwd"], 126],
  ["a failing one", ["--", "false"], 1],
])("%s", async (_, args, status) => {
  using box = createFakeSandbox();
  expect((await box.run(["clauth", "exec", "work", ...args])).code).toBe(status);
});

test("nothing of the working directory runs through a relative PATH", async () => {
  using box = createFakeSandbox();
  box.write("project/evil", "#!/bin/sh\ntouch ran\n", 0o755);
  const { code } = await box.run(["clauth", "exec", "work", "--", "evil"], {
    env: { PATH: `.:${box.env["PATH"]}` },
  });
  expect(code).toBe(127);
  expect(existsSync(`${box.project}/ran`)).toBe(false);
});

test("a directory of PATH that can't be looked into is passed over", async () => {
  using box = createFakeSandbox();
  symlinkSync("true", box.write("circle/readme", "").replace("readme", "true"));
  const env = { PATH: `${box.home}/circle:${box.env["PATH"]}` };
  expect((await box.run(["clauth", "exec", "work", "--", "true"], { env })).code).toBe(0);
});
