import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject, type JsonObject, ownValue, parseJson } from "../../src/json.ts";
import { credentialsText } from "../support/claude-login.ts";
import { fakeSteps } from "../support/fake-claude.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import type { Finished } from "../support/sandbox.ts";

setDefaultTimeout(60_000);

test("ten operations on one profile at the same moment succeed, or fail with an error that may be tried again", async () => {
  using box = createFakeSandbox();
  const env = { CLAUTH_PROFILE: "work", CLAUTH_ERROR_FORMAT: "json" };
  const edit = (index: number) => fakeSteps({ do: "set", key: `edited${index}`, value: index });
  const calls: readonly (readonly string[])[] = [
    ...Array.from({ length: 4 }, () => ["claude"]),
    ["clauth", "sync", "work"],
    ["clauth", "sync", "work"],
    ["clauth", "sessions", "--json"],
    ["clauth", "backups", "work", "--json"],
    ["clauth", "list", "--json"],
    ["clauth", "global", "work"],
  ];
  for (let round = 0; round < 3; round++) {
    const started = calls.map((call, index) => box.run(call, { env: { ...env, ...edit(index) } }));
    for (const [index, finished] of (await Promise.all(started)).entries()) {
      expect({ call: calls[index], ...verdict(finished) }).toEqual({
        call: calls[index] ?? [],
        good: true,
        stderr: "",
      });
    }
  }
  await box.call([], { profile: "work" });
  expect(box.json(".claude.json")).toMatchObject({ edited0: 0, edited1: 1, edited2: 2, edited3: 3 });
});

/** What another operation on the profile was faster with: no use in trying again, and the hint says what there is to do. */
const LOST_TO_ANOTHER = [
  "profile_in_use",
  "profile_exists",
  "profile_vanished",
  "unknown_profile",
  // Of a profile of that name that was made anew meanwhile.
  "no_such_backup",
  "login_not_used",
  // A logout or a removal came right after it, and keeps what it found.
  "login_not_saved",
];

test("ten operations that each want the profile for themselves: some win, the others say so, and no login is lost", async () => {
  const answers = new Set<string>();
  for (let round = 0; round < 4; round++) {
    using box = createFakeSandbox();
    await box.call([], { profile: "work", steps: [{ do: "refresh", credentials: login("W", 2) }] });
    const [backup = ""] = readdirSync(box.profile("work", "backups"));
    const logins = box.write("import.json", login("I"), 0o600);
    const calls: readonly (readonly string[])[] = [
      ["clauth", "rename", "work", "moved"],
      ["clauth", "remove", "work"],
      ["clauth", "add", "work", "--api-key"],
      ["clauth", "add", "moved", "--import", logins],
      ["clauth", "backups", "restore", "work", backup],
      ["clauth", "sync", "work"],
      ["clauth", "logout", "work"],
      ["clauth", "rename", "work", "other"],
      // A session holds the profile for so long that nobody else would win beside it.
      round % 2 === 0 ? ["claude"] : ["clauth", "sync"],
      round % 2 === 0 ? ["clauth", "login", "work"] : ["clauth", "remove", "moved"],
    ];
    const env = { CLAUTH_PROFILE: "work", CLAUTH_ERROR_FORMAT: "json" };
    // No two logins are given the same token: "work" may be another profile by the time of the second.
    const given = (call: readonly string[]) => (call.includes("login") ? "L" : "N");
    const refreshed = (call: readonly string[]) =>
      fakeSteps({ do: "refresh", credentials: login(given(call)) });
    const started = calls.map((call) =>
      box.run(call, { env: { ...env, ...refreshed(call) }, stdin: "sk-fake-key\n" }),
    );
    const kept: (readonly string[])[] = [["fakeW.2"]];
    for (const [index, { code, stderr }] of (await Promise.all(started)).entries()) {
      const [call = [], error] = [calls[index], errorIn(stderr)];
      const kind = code === 0 ? "done" : String(error?.["kind"]);
      answers.add(kind);
      const isSaid = error?.["retry_safe"] === true || LOST_TO_ANOTHER.includes(kind);
      expect({ call, code, good: code === 0 || (isSaid && error?.["hint"] !== null), stderr }).toMatchObject({
        good: true,
        stderr: expect.not.stringMatching(/\bE(NOENT|EXIST|NOTEMPTY|BUSY)\b|unexpected|internal/),
      });
      if (code === 0 && call.includes("--import")) kept.push(["fakeI"]);
      // Two claudes of one profile write one file: of what they wrote in the same moment the later stands.
      if (code === 0 && (call[0] === "claude" || call[1] === "login")) kept.push(["fakeN", "fakeL"]);
    }
    const texts = textsBelow(box.store);
    const isKept = (token: string) => texts.some((text) => text.includes(`ort01-${token}"`));
    for (const tokens of kept) expect({ tokens, kept: tokens.some(isKept) }).toEqual({ tokens, kept: true });
    for (const name of readdirSync(join(box.store, "profiles")))
      expect(await box.run(["claude"], { env: { CLAUTH_PROFILE: name } })).toMatchObject({ code: 0 });
  }
  console.log(`ten for one profile: ${[...answers].sort().join(", ")}`);
});

function verdict({ code, stderr }: Finished): { good: boolean; stderr: string } {
  if (code === 0) return { good: true, stderr: "" };
  const error = errorIn(stderr);
  const good = error?.["retry_safe"] === true && error["hint"] !== null;
  return good ? { good, stderr: "" } : { good, stderr };
}

function errorIn(stderr: string): JsonObject | undefined {
  const answers = stderr.split("\n").map((line) => parseJson(new TextEncoder().encode(line)));
  const error = answers.flatMap((one) => (isObject(one) ? [ownValue(one, "error")] : [])).at(-1);
  return isObject(error) ? error : undefined;
}

function textsBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}

function login(account: string, generation = 1): string {
  return credentialsText({ account, generation });
}
