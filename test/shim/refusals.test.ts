import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";

/** What stops a start, by the kind that `CLAUTH_ERROR_FORMAT=json` gives, and its exit status. */
const REFUSALS: readonly (readonly [string, string, number, (box: FakeSandbox) => void])[] = [
  ["an unknown profile", "unknown_profile", 125, (box) => box.write("project/.clauthrc", "wrok\n")],
  [
    "a token where a name belongs",
    "secret_as_name",
    125,
    (box) => box.write("project/.clauthrc", "sk-ant-x\n"),
  ],
  [
    "a broken clauth.toml",
    "config_invalid",
    125,
    (box) => box.write(`${box.store}/clauth.toml`, "= 3", 0o600),
  ],
  ["no claude at all", "claude_not_found", 127, (box) => rmSync(box.claude)],
  [
    "a claude that is not executable",
    "claude_not_runnable",
    126,
    (box) =>
      box.write(`${box.store}/clauth.toml`, `claude = "${box.write("plain", "text", 0o644)}"\n`, 0o600),
  ],
  [
    "a store that others may write to",
    "store_unsafe",
    125,
    (box) => {
      useWork(box);
      chmodSync(box.profile("work", "."), 0o777);
    },
  ],
  [
    "a symlink where a directory of the store belongs",
    "store_unsafe",
    125,
    (box) => {
      useWork(box);
      mkdirSync(join(box.root, "elsewhere"));
      symlinkSync(join(box.root, "elsewhere"), box.profile("work", "runtime"));
    },
  ],
  [
    "another tool's store",
    "foreign_store",
    125,
    (box) => {
      useWork(box);
      rmSync(join(box.store, "profiles.toml"));
      box.write(`${box.store}/folders.json`, "{}", 0o600);
    },
  ],
];

for (const [what, kind, code, prepare] of REFUSALS) {
  test(`${what} stops the start with ${code} and ${kind}, before claude runs`, async () => {
    using box = createFakeSandbox();
    prepare(box);
    const to = join(box.root, "ran");
    const finished = await box.begin([], {
      steps: [{ do: "write", path: to, text: "" }],
      env: { CLAUTH_ERROR_FORMAT: "json" },
    }).finished;
    expect(finished).toMatchObject({ code, signal: null, stdout: "" });
    expect(JSON.parse(finished.stderr)).toMatchObject({ error: { kind, hint: expect.any(String) } });
    expect(finished.stderr).not.toContain("sk-ant-");
    expect(await Bun.file(to).exists()).toBe(false);
  });
}

test("an error is what failed and what to type", async () => {
  using box = createFakeSandbox();
  box.write("project/.clauthrc", "# mine\nwrok\n");
  const { stderr } = await box.begin([]).finished;
  const [first, second, ...rest] = box.redact(stderr).trimEnd().split("\n");
  expect(first).toStartWith("clauth: error: ");
  expect(first).toContain("~/project/.clauthrc:2");
  expect(second).toStartWith("hint: ");
  expect(rest).toEqual([]);
});

test("a wrapper that calls the shim again ends after three rounds", async () => {
  using box = createFakeSandbox();
  const count = join(box.root, "count");
  const loop = `#!/bin/sh\necho round >>'${count}'\nexec '${join(box.store, "bin", "claude")}' "$@"\n`;
  rmSync(box.claude);
  box.write(box.claude, loop, 0o755);
  const finished = await box.run(["claude"], { env: { CLAUTH_ERROR_FORMAT: "json" } });
  expect(finished.code).toBe(125);
  expect(JSON.parse(finished.stderr)).toMatchObject({ error: { kind: "recursion" } });
  expect(box.read(count).trim().split("\n")).toHaveLength(3);
});

function useWork(box: FakeSandbox): void {
  box.write("project/.clauthrc", "work\n");
}
