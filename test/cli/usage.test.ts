import { expect, test } from "bun:test";
import { createDesk } from "./call.ts";

test("a verb explains itself, and --help after -- is not ours", async () => {
  using desk = createDesk();
  expect((await desk.clauth(["rule", "add", "--help"])).stdout).toMatchInlineSnapshot(`
    "let a directory or a git remote pick a profile (clauth rule add)

    USAGE clauth rule add [OPTIONS] <PATTERN> <NAME>

    ARGUMENTS

      PATTERN    ~/work, or github.com/acme/* (in quotes) (Required)
         NAME    the profile, or system (Required)
    "
  `);
  expect(await desk.clauth(["help", "rule", "add"])).toEqual(await desk.clauth(["rule", "add", "-h"]));
  expect((await desk.clauth(["which", "--", "--help"])).code).toBe(2);
});

test("the help names every verb but the hidden ones", async () => {
  using desk = createDesk();
  const { code, stdout } = await desk.clauth(["--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain("  which ");
  expect(stdout).not.toContain("__");
  expect(await desk.clauth(["help"])).toEqual({ code, stdout, stderr: "" });
});

test("the version is that of package.json", async () => {
  using desk = createDesk();
  const { version } = await Bun.file(`${import.meta.dir}/../../package.json`).json();
  expect((await desk.clauth(["--version"])).stdout).toBe(`clauth ${version}\n`);
});

test.each([
  ["no such verb", ["frobnicate"]],
  ["an unknown option", ["list", "--wat"]],
  ["an option that takes no value", ["list", "--json=yes"]],
  ["too many words", ["list", "one"]],
  ["a missing word", ["rule", "add", "~/x"]],
])("%s is wrong usage: exit 2, with a hint and nothing on stdout", async (_, args) => {
  using desk = createDesk();
  const { code, stdout, stderr } = await desk.clauth(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^clauth: error: .+\nhint: clauth .+\n$/);
});

test("surplus words are never echoed: one may be a key", async () => {
  using desk = createDesk();
  for (const args of [["list", "s3cret"], ["s3cret"], ["list", "--s3cret=s3cret"]]) {
    const { stderr } = await desk.clauth(args);
    expect(stderr).not.toContain("s3cret");
  }
});

test("with --json, or CLAUTH_ERROR_FORMAT=json, errors are JSON too", async () => {
  using desk = createDesk();
  expect(await desk.clauth(["rule", "list", "x", "--json"])).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": 
    "{"error":{"kind":"usage","message":"there are more arguments than it takes","hint":"clauth rule list --help","retry_safe":false,"path":null}}
    "
    ,
      "stdout": "",
    }
  `);
  const { stderr } = await desk.clauth(["local"], { env: { CLAUTH_ERROR_FORMAT: "json" } });
  expect(JSON.parse(stderr)).toMatchObject({ error: { kind: "no_rc_file", retry_safe: false } });
});
