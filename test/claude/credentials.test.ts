import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { describeClaude, type Lab, logIn } from "../support/claude-lab.ts";
import { isShown } from "../support/link-mode.ts";
import { waitFor } from "../support/wait-for.ts";

const SESSION_OF_WORK = { env: { CLAUTH_PROFILE: "work" } };

describeClaude("credentials", (openLab) => {
  test("a token that Claude refreshed is the profile's, and the tree holds the link again", async () => {
    await using lab = await openLab();
    lab.addProfile("work", { account: "W", expired: true });
    expect(await lab.run(["claude", "-p", "hello"], SESSION_OF_WORK)).toMatchObject({ code: 0 });
    expect(await lab.network.tokensFor("hello")).toEqual(["sk-ant-oat01-fakeW.2"]);
    expectCanonical(lab, "sk-ant-ort01-fakeW.2");
  });

  test("five sessions of one expired profile make one refresh (trap 12)", async () => {
    await using lab = await openLab();
    lab.addProfile("work", { account: "W", expired: true });
    const runs = Array.from({ length: 5 }, () => lab.run(["claude", "-p", "hello"], SESSION_OF_WORK));
    for (const finished of await Promise.all(runs)) expect(finished).toMatchObject({ code: 0 });
    expect(await lab.network.tokensFor("hello")).toEqual(Array(5).fill("sk-ant-oat01-fakeW.2"));
    expect(await spentTokens(lab)).toEqual(["sk-ant-ort01-fakeW"]);
    expectCanonical(lab, "sk-ant-ort01-fakeW.2");
  });

  test("no token is in the log, on stderr or in any name", async () => {
    await using lab = await openLab();
    lab.addProfile("work", { account: "W", expired: true });
    const { stderr } = await lab.run(["claude", "-p", "hello"], {
      env: { CLAUTH_PROFILE: "work", CLAUTH_DEBUG: "1" },
    });
    expect(stderr).toContain("clauth: debug: ");
    expect(stderr).not.toContain("sk-ant-");
    expect(lab.read(`${lab.store}/log/clauth.log`)).not.toContain("sk-ant-");
    expect(readdirSync(lab.store, { recursive: true }).join("\n")).not.toContain("sk-ant-");
  });

  test("a logout beside a second session of the profile logs both out", async () => {
    await using lab = await openLab();
    lab.addProfile("work");
    await logIn(lab, "work", "W");
    const other = lab.start(["claude", "-p", "[[hold second]]"], SESSION_OF_WORK);
    await waitFor(
      "the second session's request",
      async () => (await lab.network.tokensFor("[[hold second]]")).length === 1,
    );
    await lab.run(["claude", "auth", "logout"], SESSION_OF_WORK);
    await lab.network.release("second");
    expect(await other.finished).toMatchObject({ code: 0 });
    expect(existsSync(lab.profile("work", "credentials.json"))).toBe(false);
    expect(existsSync(lab.profile("work", "runtime/.credentials.json"))).toBe(false);
    expect(quarantine(lab)).toContain("sk-ant-ort01-fakeW.2");
  });

  test("a login inside a session of a logged-out profile becomes the profile's", async () => {
    await using lab = await openLab();
    lab.addProfile("work");
    expect((await logIn(lab, "work", "W")).code).toBe(0);
    expectCanonical(lab, "sk-ant-ort01-fakeW.2");
    await lab.run(["claude", "-p", "hello"], SESSION_OF_WORK);
    expect(await lab.network.tokensFor("hello")).toEqual(["sk-ant-oat01-fakeW.2"]);
  });

  test("a logout inside a session logs the profile out and keeps the bytes in quarantine", async () => {
    await using lab = await openLab();
    lab.addProfile("work");
    await logIn(lab, "work", "W");
    expect(await lab.run(["claude", "auth", "logout"], SESSION_OF_WORK)).toMatchObject({ code: 0 });
    expect(existsSync(lab.profile("work", "credentials.json"))).toBe(false);
    expect(existsSync(lab.profile("work", "runtime/.credentials.json"))).toBe(false);
    expect(quarantine(lab)).toContain("sk-ant-ort01-fakeW.2");

    const next = await lab.run(["claude", "-p", "hello"], SESSION_OF_WORK);
    expect(next).toMatchObject({ code: 1 });
    expect(await lab.network.tokensFor("hello")).toEqual([]);
  });

  test("a refused refresh leaves the profile's bytes in quarantine and is not asked again in vain (trap 14)", async () => {
    await using lab = await openLab();
    lab.addProfile("work", { account: "W", expired: true });
    await lab.run(["claude", "-p", "hello"], SESSION_OF_WORK);
    lab.write(lab.profile("work", "credentials.json"), spent(lab), 0o600);
    await lab.run(["claude", "-p", "hello"], SESSION_OF_WORK);
    expect(quarantine(lab)).toContain("sk-ant-ort01-fakeW.9");
    const before = (await spentTokens(lab)).length;
    await lab.run(["claude", "-p", "hello"], SESSION_OF_WORK);
    expect(await spentTokens(lab)).toHaveLength(before);
  });
});

/** The canonical file, and the tree shows it. */
function expectCanonical(lab: Lab, refreshToken: string): void {
  const canonical = lab.profile("work", "credentials.json");
  expect(lab.json(canonical)).toMatchObject({ claudeAiOauth: { refreshToken } });
  expect(isShown(lab.profile("work", "runtime/.credentials.json"), canonical)).toBe(true);
  expect(statSync(canonical).mode & 0o777).toBe(0o600);
}

/** Every byte in quarantine as one text. */
function quarantine(lab: Lab): string {
  const directory = lab.profile("work", "backups");
  return readdirSync(directory)
    .map((name) => readFileSync(`${directory}/${name}`, "utf8"))
    .join("\n");
}

async function spentTokens(lab: Lab): Promise<readonly string[]> {
  const calls = (await lab.network.requests()).filter(({ what }) => what === "POST /v1/oauth/token");
  return calls.map(({ refreshToken }) => refreshToken);
}

/** The profile's login, expired, with a refresh token of its chain that the endpoint never gave out. */
function spent(lab: Lab): string {
  const text = lab.read(lab.profile("work", "credentials.json"));
  return text.replaceAll("fakeW.2", "fakeW.9").replace(/"expiresAt":\s*\d+/, '"expiresAt":1');
}
