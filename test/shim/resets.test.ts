import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { credentialsText, oauthAccountOf } from "../support/claude-login.ts";
import type { FakeStep } from "../support/fake-claude.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";
import { isShown } from "../support/link-mode.ts";

/**
 * What Claude Code, a crash or a full disk make of its own files within a session: each has a decision, a line in the log,
 * and a way back. The next start is part of it.
 */
setDefaultTimeout(60_000);

const SERVERS = { one: { command: "one" }, two: { command: "two" } };
const DOCUMENT = {
  hasCompletedOnboarding: true,
  mcpServers: SERVERS,
  projects: { "/a": { trusted: true }, "/b": { trusted: true }, "/c": {} },
  tipsHistory: { seen: 3 },
  numStartups: 7,
};

function sandbox(): FakeSandbox {
  const box = createFakeSandbox();
  box.write(".claude.json", JSON.stringify(DOCUMENT));
  box.write(".claude/settings.json", JSON.stringify({ theme: "dark", permissions: { deny: ["Read(x)"] } }));
  return box;
}

/** One session that knows its account, one in which `steps` happen, and one more start. */
async function sessions(box: FakeSandbox, ...steps: readonly FakeStep[]): Promise<string> {
  const account: FakeStep = { do: "set", key: "oauthAccount", value: oauthAccountOf("W") };
  await box.call([], { profile: "work", steps: [account] });
  const { stderr } = await box.call([], { profile: "work", steps });
  await box.call([], { profile: "work" });
  return stderr;
}

const inTree = (box: FakeSandbox, name: string) => box.profile("work", `runtime/${name}`);
const logOf = (box: FakeSandbox) => box.read(join(box.store, "log", "clauth.log"));
const canonical = (box: FakeSandbox) => box.read(box.profile("work", "credentials.json"));
const kept = (box: FakeSandbox) =>
  existsSync(box.profile("work", "backups"))
    ? readdirSync(box.profile("work", "backups")).map((name) => name.replace(/^\d{8}T\d{9}Z-/, ""))
    : [];

test("a .claude.json of near-empty defaults deletes nothing: what it lost is put back", async () => {
  using box = sandbox();
  await sessions(box, { do: "write", path: inTree(box, ".claude.json"), text: '{"numStartups":1}' });
  expect(box.json(".claude.json")).toMatchObject({ mcpServers: SERVERS, projects: DOCUMENT.projects });
  expect(box.json(inTree(box, ".claude.json"))).toMatchObject({
    mcpServers: SERVERS,
    projects: DOCUMENT.projects,
  });
  expect(logOf(box)).toContain(
    "claude.json: merged into tree, the tree's was reset: what it lost is put back",
  );
});

test.each([
  ["truncated", '{"numStartups": 1, "mcpServers": {'],
  ["empty", ""],
])("a .claude.json that is %s is rebuilt with its account, and its bytes are kept", async (_name, text) => {
  using box = sandbox();
  await sessions(box, { do: "write", path: inTree(box, ".claude.json"), text });
  expect(box.json(inTree(box, ".claude.json"))).toMatchObject({
    mcpServers: SERVERS,
    oauthAccount: oauthAccountOf("W"),
  });
  expect(box.json(".claude.json")).toEqual(DOCUMENT);
  expect(logOf(box)).toContain("the tree's was damaged and is in backups");
  expect(kept(box)).toContain("damaged-claude.json");
});

test("the stub of a refused refresh never replaces the login, and is said once", async () => {
  using box = sandbox();
  const before = canonical(box);
  const stub = JSON.stringify({ claudeAiOauth: { accessToken: "", refreshToken: "", expiresAt: 0 } });
  const stderr = await sessions(box, { do: "refresh", credentials: stub });
  expect(stderr).toContain("log in again");
  expect(canonical(box)).toBe(before);
  expect(box.read(inTree(box, ".credentials.json"))).toBe(stub);
  expect(logOf(box).match(/the server refused/g)).toHaveLength(1);
  expect(kept(box)).toContain("credentials-dead");
});

test("a logout is carried, and the login can be put back", async () => {
  using box = sandbox();
  const before = canonical(box);
  await sessions(box, { do: "logout" });
  expect(existsSync(box.profile("work", "credentials.json"))).toBe(false);
  expect(logOf(box)).toContain("credentials: carried the logout; the login is in backups");
  await restore(box, "credentials-logged-out");
  expect(canonical(box)).toBe(before);
});

test("a login as another account is carried and said, and the one before can be put back", async () => {
  using box = sandbox();
  const before = canonical(box);
  const stderr = await sessions(
    box,
    { do: "refresh", credentials: credentialsText({ account: "O" }) },
    { do: "set", key: "oauthAccount", value: oauthAccountOf("O") },
  );
  expect(stderr).toContain(`"work" is now ${oauthAccountOf("O").emailAddress}`);
  expect(canonical(box)).toBe(
    credentialsText({ account: "O" }).replace(
      /"expiresAt":\d+/,
      /"expiresAt":\d+/.exec(canonical(box))?.[0] ?? "",
    ),
  );
  await restore(box, /credentials-(replaced|rotated)/);
  expect(canonical(box)).toBe(before);
});

test("a pinned profile keeps another account's login out, says so, and starts on its own again", async () => {
  using box = sandbox();
  box.write(box.profile("work", "config.toml"), `account = "${oauthAccountOf("W").emailAddress}"\n`, 0o600);
  const before = canonical(box);
  const stderr = await sessions(
    box,
    { do: "refresh", credentials: credentialsText({ account: "O" }) },
    { do: "set", key: "oauthAccount", value: oauthAccountOf("O") },
  );
  expect(stderr).toContain(`kept out the login of ${oauthAccountOf("O").emailAddress}`);
  expect(canonical(box)).toBe(before);
  expect(isShown(inTree(box, ".credentials.json"), box.profile("work", "credentials.json"))).toBe(true);
  expect(logOf(box)).toContain("kept out a login of another account; it is in backups");
  expect(kept(box)).toContain("credentials-other-account");
});

test.each([
  ["without an identity or a time of expiry", {}],
  ["with its time of expiry in seconds", { expiresAt: Math.floor(Date.now() / 1000) + 28_800 }],
])("a refreshed login %s is carried to the byte", async (_name, more) => {
  using box = sandbox();
  const tokens = { accessToken: "sk-ant-oat01-fakeW.2", refreshToken: "sk-ant-ort01-fakeW.2" };
  const text = JSON.stringify({ claudeAiOauth: { ...tokens, ...more } });
  await sessions(box, { do: "refresh", credentials: text });
  expect(canonical(box)).toBe(text);
  expect(logOf(box)).toContain("credentials: carried the tree's login home");
});

async function restore(box: FakeSandbox, what: string | RegExp): Promise<void> {
  const listed = await box.run(["clauth", "backups", "work", "--json"]);
  const backups: readonly { id: string; what: string; login: boolean }[] = JSON.parse(listed.stdout);
  const id = backups.find((one) => one.login && one.what.match(what))?.id ?? "none";
  expect(await box.run(["clauth", "backups", "restore", "work", id])).toMatchObject({ code: 0 });
}
