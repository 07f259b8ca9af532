import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { cpSync, linkSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { profilePathsOf } from "../../src/paths.ts";
import { parseProfileName } from "../../src/profile-name.ts";
import { openCredentials } from "../../src/reconcile/open-credentials.ts";
import { type Places, placesOf } from "../../src/reconcile/places.ts";
import { openSession } from "../../src/session/open.ts";
import { releaseRecord } from "../../src/session/record.ts";
import { refuseChainOfOther, refuseSharedChain } from "../../src/session/shared-chain.ts";
import { claudeWrites, loginText, STUB } from "../reconcile/support/logins.ts";
import { createProfileHome, type ProfileHome, put } from "../reconcile/support/profile-home.ts";
import { errorOf } from "../support/faults.ts";
import { LINK_MODE_ENV } from "../support/link-mode.ts";

let box: ProfileHome;
beforeEach(() => {
  box = createProfileHome();
});
afterEach(() => box[Symbol.dispose]());

function refusal() {
  return errorOf(() => refuseSharedChain(box.places));
}

const LOGIN = loginText("A");
/** The same chain after Claude Code rewrote the file: other bytes, the same refresh token. */
const REWRITTEN = JSON.stringify({ ...JSON.parse(LOGIN), mcpOAuth: {} }, null, 2);

test.each([
  ["a copy", () => put(box.places.claude.credentials, LOGIN)],
  ["a copy that was written anew", () => put(box.places.claude.credentials, REWRITTEN)],
  ["a link to it", () => symlinkSync(box.places.paths.credentials, box.places.claude.credentials)],
  ["the same file", () => linkSync(box.places.paths.credentials, box.places.claude.credentials)],
])("a login that ~/.claude has as %s is refused, with the way out", (_, make) => {
  put(box.places.paths.credentials, LOGIN);
  make();
  const error = refusal();
  expect(error).toMatchObject({ kind: "shared_chain", exitCode: 125, path: box.places.paths.credentials });
  expect(error?.hint).toContain("clauth add work --home");
  expect(`${error?.message}${error?.hint}`).not.toContain("sk-ant-");
});

test("a profile whose file leads to that of ~/.claude is refused", () => {
  put(box.places.claude.credentials, STUB);
  symlinkSync(box.places.claude.credentials, box.places.paths.credentials);
  expect(refusal()?.kind).toBe("shared_chain");
});

test.each([
  ["another account", loginText("B")],
  ["an older token of the same account", loginText("A", 7)],
  ["a stub", STUB],
  ["no JSON", "{"],
  ["an empty file", ""],
])("%s in ~/.claude stops nothing", (_, text) => {
  put(box.places.paths.credentials, LOGIN);
  put(box.places.claude.credentials, text);
  expect(refusal()).toBeUndefined();
});

test("two files without a refresh token share none", () => {
  for (const path of [box.places.paths.credentials, box.places.claude.credentials]) writeFileSync(path, STUB);
  expect(refusal()).toBeUndefined();
});

test("nothing is shared where one of them has no login at all", () => {
  expect(refusal()).toBeUndefined();
  put(box.places.claude.credentials, LOGIN);
  expect(refusal()).toBeUndefined();
});

describe("another profile", () => {
  const own = () => box.places.paths.credentials;
  const other = () => profilePathsOf(box.store, parseProfileName("other"));
  const refusalOfOther = () => errorOf(() => refuseChainOfOther(box.home, box.store, box.places));

  test.each([
    ["its canonical login", () => put(other().credentials, REWRITTEN)],
    ["a rotation that was not finished", () => put(other().pendingCredentials, LOGIN)],
    ["its tree, not carried home yet", () => put(join(other().runtime, ".credentials.json"), LOGIN)],
    [
      "a link to ours",
      () => {
        put(other().config, "");
        symlinkSync(own(), other().credentials);
      },
    ],
  ])("that holds the same login as %s is refused, with the way out", (_, make) => {
    put(own(), LOGIN);
    make();
    const error = refusalOfOther();
    expect(error).toMatchObject({ kind: "shared_chain", path: own() });
    expect(error?.message).toContain('"other"');
    expect(error?.hint).toBe(`mv ${own()} ${own()}.shared, then: clauth login work`);
  });

  test.each([
    ["a login", loginText("B")],
    ["a stub", STUB],
    ["nothing yet", undefined],
  ])("into which a link leads is refused, where there is %s", (_, text) => {
    put(other().config, "");
    if (text !== undefined) put(other().credentials, text);
    put(join(box.places.paths.root, "config.toml"), "");
    symlinkSync("../other/credentials.json", own());
    expect(refusalOfOther()?.kind).toBe("shared_chain");
  });

  test("whose tree links to ours holds nothing by that: it was renamed, and ours is new", () => {
    put(own(), LOGIN);
    put(other().credentials, loginText("B"));
    mkdirSync(other().runtime);
    symlinkSync(own(), join(other().runtime, ".credentials.json"));
    expect(refusalOfOther()).toBeUndefined();
  });

  test("with a login of its own, or the stub of a refused one, stops nothing", () => {
    put(own(), LOGIN);
    for (const text of [loginText("B"), STUB, "{"]) {
      put(other().credentials, text);
      expect(refusalOfOther()).toBeUndefined();
    }
  });
});

test("an open asks about the other profiles only where the login is not the one of the last open", () => {
  put(box.places.paths.credentials, LOGIN);
  let asked = 0;
  function refuseShared(): void {
    asked += 1;
  }
  const open = () => openCredentials(box.places, { pin: undefined, alone: true, refuseShared });
  for (let count = 0; count < 3; count++) open();
  expect(asked).toBe(1);
  claudeWrites(box.places, loginText("A", 2));
  for (let count = 0; count < 3; count++) open();
  // Before it became the profile's, and then as any that is.
  expect(asked).toBe(3);
});

describe("a login that somebody copied into the tree", () => {
  const start = () => {
    const { store, places, reconciled, home } = box;
    const request = { store, name: places.profile, config: reconciled.config, overlay: {} };
    releaseRecord(
      openSession(
        { home, cwd: "/project", env: LINK_MODE_ENV, executable: process.execPath },
        request,
        places,
      ).record,
    );
  };

  test.each([
    ["another profile", () => profilePathsOf(box.store, parseProfileName("other")).credentials],
    ["~/.claude", () => box.places.claude.credentials],
  ])("from %s is refused before it is the profile's, and the cure ends that", (_, from) => {
    const OWN = loginText("B");
    put(box.places.paths.credentials, OWN);
    start();
    put(profilePathsOf(box.store, parseProfileName("other")).config, "");
    put(from(), LOGIN);
    claudeWrites(box.places, REWRITTEN);
    const error = errorOf(start);
    expect(error?.kind).toBe("shared_chain");
    expect(readFileSync(box.places.paths.credentials, "utf8")).toBe(OWN);
    const [, source = "", target = ""] = error?.hint?.split(" ") ?? [];
    renameSync(source, target);
    start();
    expect(readFileSync(box.places.treeCredentials, "utf8")).toBe(OWN);
  });
});

test("a profile whose directory was copied is refused at its start, and the cure ends that", () => {
  put(box.places.paths.credentials, LOGIN);
  const copy = placesOf(box.home, box.store, parseProfileName("copy"));
  const start = (places: Places) => {
    const request = { store: box.store, name: places.profile, config: box.reconciled.config, overlay: {} };
    releaseRecord(
      openSession({ home: box.home, cwd: "/project", env: {}, executable: process.execPath }, request, places)
        .record,
    );
  };
  start(box.places);
  cpSync(box.places.paths.root, copy.paths.root, { recursive: true, verbatimSymlinks: true });
  expect(errorOf(() => start(copy))?.kind).toBe("shared_chain");
  start(box.places);
  renameSync(copy.paths.credentials, `${copy.paths.credentials}.shared`);
  start(copy);
});
