import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { equalJson, type JsonObject, objectFrom, ownValue } from "../../src/json.ts";
import {
  accountPart,
  agreedClaudeJson,
  type ClaudeJsonInput,
  isAccountKey,
  mergeClaudeJson,
  seedClaudeJson,
  sharedPart,
} from "../../src/merge/claude-json.ts";
import { mapStrings } from "../../src/merge/leaves.ts";
import { anyBase, anyDocument, anySide, documentOf } from "./documents.ts";

const ACCOUNT_KEYS = [
  "oauthAccount",
  "userID",
  "machineID",
  "primaryApiKey",
  "customApiKeyResponses",
  "overageCreditGrantCache",
  "passesEligibilityCache",
  "passesLastSeenRemaining",
  "passesUpsellSeenCount",
  "orgModelDefaultCache",
  "modelAccessCache",
  "additionalModelCostsCache",
  "additionalModelOptionsCache",
  "privacyCheckupCache",
  "groveConfigCache",
  "clientDataCache",
  "cachedUsageUtilization",
  "unusedLimitResetStatusCache",
  "cachedExtraUsageDisabledReason",
  "cachedGrowthBookFeatures",
  "OAuthSomethingNew",
  "accountTier",
  "ORGInfo",
  "subscriptionNotice",
  "BillingState",
  "somethingNewCache",
];

const SHARED_KEYS = [
  "projects",
  "mcpServers",
  "numStartups",
  "firstStartTime",
  "hasCompletedOnboarding",
  "opusProMigrationComplete",
  "officialMarketplaceAutoInstalled",
  "tipsHistory",
  "lastReleaseNotesSeen",
  "installMethod",
  "autoUpdates",
  "theme",
];

describe("isAccountKey", () => {
  test.each(ACCOUNT_KEYS)("%s stays with its account (trap 23)", (key) =>
    expect(isAccountKey(key)).toBe(true),
  );
  test.each(SHARED_KEYS)("%s travels", (key) => expect(isAccountKey(key)).toBe(false));
});

describe("mergeClaudeJson", () => {
  test("shared fields propagate, and account keys stay on their side", () => {
    const merged = merge({
      base: { numStartups: 1 },
      home: { oauthAccount: { emailAddress: "h@x" }, numStartups: 1, userID: "h" },
      tree: { oauthAccount: { emailAddress: "t@x" }, numStartups: 2, primaryApiKey: "fake" },
    });
    expect(merged.home).toEqual({ oauthAccount: { emailAddress: "h@x" }, numStartups: 2, userID: "h" });
    expect(merged.tree).toEqual({
      oauthAccount: { emailAddress: "t@x" },
      numStartups: 2,
      primaryApiKey: "fake",
    });
    expect(Object.keys(merged.home)).toEqual(["oauthAccount", "numStartups", "userID"]);
  });

  test("an account key in the base deletes nothing", () => {
    const merged = merge({
      base: { oauthAccount: {}, a: 1 },
      home: { a: 1 },
      tree: { oauthAccount: {}, a: 1 },
    });
    expect(merged.tree).toEqual({ oauthAccount: {}, a: 1 });
  });

  test("two sessions that edit different projects and servers lose neither (TRAPS section 7)", () => {
    const merged = merge({
      base: { projects: { "/p": { trust: false } }, mcpServers: {} },
      home: { projects: { "/p": { trust: true } }, mcpServers: { a: { command: "a" } } },
      tree: { projects: { "/p": { trust: false }, "/q": {} }, mcpServers: { b: { command: "b" } } },
    });
    expect(merged.home).toEqual({
      projects: { "/p": { trust: true }, "/q": {} },
      mcpServers: { a: { command: "a" }, b: { command: "b" } },
    });
  });

  test("a server that both sides changed is the later one's as a whole, in a project too", () => {
    const servers = (args: string) => ({ s: { command: "npx", args: [args] } });
    const side = (args: string): JsonObject => ({
      mcpServers: servers(args),
      projects: { "/p": { mcpServers: servers(args) } },
    });
    const merged = merge({ base: side("0"), home: side("1"), tree: side("2"), later: "tree" });
    expect(merged.home).toEqual(side("2"));
  });

  test("a shared key absent in the later file is removed where the other did not touch it", () => {
    const base = { a: 1, b: 1, c: 1 };
    expect(merge({ base, home: base, tree: { a: 1, b: 1 }, later: "tree" }).home).toEqual({ a: 1, b: 1 });
  });

  test("a reset tree deletes nothing and wins nothing, however late it was written (TRAPS section 7)", () => {
    const known: JsonObject = {
      numStartups: 500,
      tipsHistory: { a: 1 },
      theme: "dark",
      projects: { "/p": {}, "/q": {} },
    };
    const merged = merge({
      base: known,
      home: known,
      tree: { numStartups: 1, userID: "new" },
      later: "tree",
    });
    expect(merged.home).toEqual(known);
    expect(merged.tree).toEqual({ ...known, userID: "new" });
    expect(merged.deleted).toEqual([]);
  });

  test("projects that lost over half of their entries count as reset, and come back", () => {
    const side = (...names: string[]): JsonObject => ({
      a: 1,
      projects: objectFrom(names.map((name) => [name, {}])),
    });
    const merged = merge({
      base: side("1", "2", "3"),
      home: side("1"),
      tree: side("1", "2", "3"),
      later: "home",
    });
    expect(merged.home).toEqual(side("1", "2", "3"));
  });

  test("a path into the tree is spelled as home's, on both sides", () => {
    const rewriteHome = (document: JsonObject) =>
      mapStrings(document, (text) => text.replace("/store/work/runtime", "/home/u/.claude"));
    const merged = merge({
      base: {},
      home: {},
      tree: { mcpServers: { s: { command: "/store/work/runtime/x", args: ["--at=/store/work/runtime"] } } },
      rewriteHome,
    });
    const server = { command: "/home/u/.claude/x", args: ["--at=/home/u/.claude"] };
    expect(merged.home).toEqual({ mcpServers: { s: server } });
    expect(merged.tree).toEqual(merged.home);
  });

  test("a project named __proto__ travels like any other", () => {
    const tree = documentOf('{"projects":{"__proto__":{"trust":true}}}');
    expect(JSON.stringify(merge({ base: {}, home: {}, tree }).home)).toBe(JSON.stringify(tree));
  });

  test("no account key ever moves, and converged sides are not rewritten", () => {
    const withAccount = fc
      .tuple(anyDocument, fc.subarray(ACCOUNT_KEYS), fc.integer())
      .map(([document, keys, who]) =>
        objectFrom([...Object.entries(document), ...keys.map((key) => [key, who] as const)]),
      );
    fc.assert(
      fc.property(anyBase, withAccount, withAccount, anySide, (base, home, tree, later) => {
        const once = merge({ base, home, tree, later });
        expect(accountPart(once.home)).toEqual(accountPart(home));
        expect(accountPart(once.tree)).toEqual(accountPart(tree));
        expect(equalJson(sharedPart(once.home), sharedPart(once.tree))).toBe(true);
        const agreed = agreedClaudeJson(base, once.home, once.tree);
        expect(accountPart(agreed)).toEqual({});
        const twice = merge({ base: agreed, home: once.home, tree: once.tree, later });
        expect(JSON.stringify(twice)).toBe(
          JSON.stringify({ home: once.home, tree: once.tree, lost: [], deleted: [], held: [] }),
        );
      }),
    );
  });

  test("a reset never deletes", () => {
    fc.assert(
      fc.property(anyDocument, anySide, fc.integer({ min: 0, max: 2 }), (known, later, left) => {
        const remaining = Object.entries(known).slice(0, left);
        fc.pre(remaining.length * 2 < Object.keys(known).length);
        const merged = merge({ base: known, home: known, tree: objectFrom(remaining), later });
        for (const key of Object.keys(known))
          expect(ownValue(merged.tree, key)).toEqual(ownValue(known, key));
      }),
    );
  });
});

function merge(input: Pick<ClaudeJsonInput, "base" | "home" | "tree"> & Partial<ClaudeJsonInput>) {
  return mergeClaudeJson({
    later: "home",
    deletion: () => "carry",
    rewriteHome: (document) => document,
    ...input,
  });
}

describe("seedClaudeJson", () => {
  test("a new tree takes what home shares and none of home's account (trap 22)", () => {
    expect(seedClaudeJson({ home: { a: 1, oauthAccount: { emailAddress: "h@x" }, userID: "h" } })).toEqual({
      a: 1,
    });
  });

  test("a damaged copy gets its account back, and nothing else from account.json", () => {
    const seed = seedClaudeJson({
      home: { a: 1 },
      account: { oauthAccount: { emailAddress: "t@x" }, a: 9 },
      base: { a: 0, b: 1 },
    });
    expect(seed).toEqual({ a: 1, oauthAccount: { emailAddress: "t@x" } });
  });

  test("the base stands in for a home that is missing or was reset", () => {
    const base = { a: 1, b: 1, c: 1 };
    expect(seedClaudeJson({ base })).toEqual(base);
    expect(seedClaudeJson({ home: { a: 2 }, base })).toEqual({ a: 2, b: 1, c: 1 });
  });
});

describe("env of .claude.json, which Claude Code exports and which beats the login", () => {
  const home = { env: { ANTHROPIC_API_KEY: "sk-home", EDITOR: "vi" }, theme: "dark" };

  test("stays in home where it decides the identity, and travels where it does not", () => {
    const merged = merge({ base: "void", home, tree: {} });
    expect(merged.home).toEqual(home);
    expect(merged.tree).toEqual({ env: { EDITOR: "vi" }, theme: "dark" });
    expect(seedClaudeJson({ home, base: home })).toEqual({ env: { EDITOR: "vi" }, theme: "dark" });
    expect(accountPart(home)).toEqual({});
  });

  test("goes from a tree that holds it, and is set aside", () => {
    const tree = { env: { ANTHROPIC_AUTH_TOKEN: "tok" }, theme: "dark" };
    const merged = merge({ base: "void", home: { theme: "dark" }, tree });
    expect(merged.home).toEqual({ theme: "dark" });
    expect(merged.tree).toEqual({ theme: "dark" });
    expect(merged.lost).toEqual([
      { key: ["env", "ANTHROPIC_AUTH_TOKEN"], side: "tree", kept: undefined, lost: "tok" },
    ]);
  });
});
