import { describe, expect, test } from "bun:test";
import { judgePin, replacedLoginName, sameAccount, sameIdentity } from "../../src/merge/account.ts";
import { judgeFile } from "../../src/merge/judge-credentials.ts";
import { login } from "./logins.ts";

const old = judgeFile(login("A"));
const ofU1 = judgeFile(login("B", { uuid: "u-1" }));
const ME = { email: "me@x.org", uuid: "u-1" };

describe("judgePin", () => {
  test.each([
    ["no pin", undefined, old, {}, "same"],
    ["the file's uuid is pinned", "U-1", ofU1, {}, "same"],
    ["the file's uuid is another", "u-2", ofU1, {}, "other"],
    [
      "the file's uuid stands above oauthAccount",
      "u-2",
      ofU1,
      { uuid: "u-2", email: "other@x.org" },
      "other",
    ],
    ["an e-mail is read from oauthAccount of the same uuid", "ME@x.org", ofU1, ME, "same"],
    [
      "an e-mail of another uuid is of the login before",
      "me@x.org",
      ofU1,
      { ...ME, uuid: "u-9" },
      "undecided",
    ],
    ["an older file goes by oauthAccount", "me@x.org", old, ME, "same"],
    ["an older file of another account", "you@x.org", old, ME, "other"],
    ["no identity yet", "me@x.org", old, {}, "undecided"],
    ["no identity yet, pinned by uuid", "u-1", old, {}, "undecided"],
  ] as const)("%s", (_, pin, file, identity, expected) => {
    expect(judgePin(pin, file, identity)).toBe(expected);
  });
});

describe("sameAccount", () => {
  test("goes by the uuid of both files", () => {
    expect(sameAccount(ofU1, judgeFile(login("C", { uuid: "u-1" })))).toBe("same");
    expect(sameAccount(ofU1, judgeFile(login("B", { uuid: "u-2" })))).toBe("other");
  });

  test("goes by the refresh token where a file names no account", () => {
    expect(sameAccount(old, judgeFile(login("A", { access: "new" })))).toBe("same");
    expect(sameAccount(old, ofU1)).toBe("undecided");
    const without = judgeFile(login("A", { refresh: null }));
    expect(sameAccount(without, without)).toBe("undecided");
  });
});

describe("sameIdentity", () => {
  test.each([
    [ME, { uuid: "u-1", email: "new@x.org" }, "same"],
    [ME, { ...ME, uuid: "u-2" }, "other"],
    [{ email: "ME@x.org" }, ME, "same"],
    [{ email: "you@x.org" }, ME, "other"],
    [{ uuid: "u-1" }, { email: "me@x.org" }, "undecided"],
    [{}, {}, "undecided"],
  ] as const)("%j and %j: %s", (a, b, expected) => {
    expect(sameIdentity(a, b)).toBe(expected);
  });
});

test("the replaced logins of each account have a name of their own", () => {
  expect(replacedLoginName({ uuid: "u-1" })).toBe(replacedLoginName({ uuid: "U-1", email: "a@x.org" }));
  expect(replacedLoginName({ uuid: "u-1" })).not.toBe(replacedLoginName({ uuid: "u-2" }));
  expect(replacedLoginName({})).toBe("credentials-replaced");
});
