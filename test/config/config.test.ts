import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/config/config.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "clauth-config-"));
  path = join(directory, "clauth.toml");
});

afterEach(() => rmSync(directory, { recursive: true }));

function read(text: string | Uint8Array) {
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  return readConfig({ config: path });
}

test("reads the file of the design", async () => {
  const text = [
    'default = "personal"',
    'trust   = "owned"            # or "allow"',
    'claude  = "/opt/claude"      # the real binary',
    "",
    "[[rule]]",
    'dir     = "~/work"',
    'profile = "work"',
    "",
    "[[rule]]",
    'remote  = "github.com/acme/*"',
    'profile = "work"',
  ].join("\n");
  const config = await read(text);
  expect(JSON.parse(JSON.stringify(config))).toEqual({
    default: "personal",
    trust: "owned",
    claude: "/opt/claude",
    quiet: false,
    rules: [
      { kind: "directory", pattern: "~/work", profile: "work" },
      { kind: "remote", pattern: "github.com/acme/*", profile: "work" },
    ],
    text,
  });
});

test("means the defaults where there is no file", async () => {
  expect(await readConfig({ config: path })).toMatchObject({
    default: undefined,
    trust: "owned",
    quiet: false,
    rules: [],
  });
});

test("tolerates a byte order mark and CRLF", async () => {
  const config = await read('\uFEFFdefault = "work"\r\nquiet = true\r\n');
  expect(String(config.default)).toBe("work");
  expect(config.quiet).toBe(true);
});

test.each([
  ["a mistyped key", 'defualt = "work"', /:1: "defualt" is no key that clauth knows/],
  ["a mistyped key of a rule", '[[rule]]\ndir = "/a"\nprofle = "x"\nprofile = "x"', /:3: "profle" is no key/],
  ["a name that is none", '\ndefault = "a b"', /:2: default can't be used: "a b" is not a profile name/],
  ["a rule without a profile", '[[rule]]\ndir = "/a"', /:1: profile of this rule has to be a name/],
  [
    "a relative directory",
    '[[rule]]\ndir = "work"\nprofile = "w"',
    /:2: dir of this rule has to be an absolute/,
  ],
  [
    "a remote with a scheme",
    '[[rule]]\nremote = "https://a/b"\nprofile = "w"',
    /:2: remote of this rule has to look/,
  ],
  [
    "a rule with both",
    '[[rule]]\ndir = "/a"\nremote = "a/b"\nprofile = "w"',
    /:1: this rule needs exactly one/,
  ],
  ["a relative program", 'claude = "./claude"', /:1: claude has to be an absolute path/],
  ["an unknown policy", 'trust = "yes"', /:1: trust has to be "owned" or "allow"/],
  ["broken TOML", "quiet = true\n\ndefault = work\n", /:3: is not valid TOML: Strings must be quoted/],
  ["a value that ends nowhere", 'quiet = true\ndefault = """x\ny\n', /:2: is not valid TOML/],
])("refuses %s with file and line", async (_, text, message) => {
  await expect(read(text)).rejects.toMatchObject({ kind: "config_invalid", path, exitCode: 125 });
  await expect(read(text)).rejects.toThrow(message);
});

test.each([
  'default = "sk-ant-ort01-fakeA"',
  "default = sk-ant-ort01-fakeA",
  '"sk-ant-ort01-fakeA" = 1',
  '[[rule]]\ndir = "/a"\nprofile = "sk-ant-ort01-fakeA"',
  'default = "sk-ant-ort01-fakeA',
  'trust = "sk-ant-ort01-fakeA"',
])("never echoes a token: %s", async (text) => {
  const error = await read(text).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(JSON.stringify(error)).not.toContain("fakeA");
  expect(String(error)).not.toContain("fakeA");
});

test("refuses what is not UTF-8", async () => {
  await expect(read(new Uint8Array([0x64, 0xff]))).rejects.toThrow(/is not UTF-8 text/);
});

test("refuses a file that everybody may write", async () => {
  writeFileSync(path, 'default = "work"\n');
  chmodSync(path, 0o666);
  await expect(readConfig({ config: path })).rejects.toMatchObject({ kind: "config_refused" });
});

test("refuses a directory in its place", async () => {
  mkdirSync(path);
  await expect(readConfig({ config: path })).rejects.toMatchObject({ kind: "not_a_file" });
});
