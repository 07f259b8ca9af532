import { describe, expect, test } from "bun:test";
import { fingerprint, judgeFile } from "../../src/merge/judge-credentials.ts";
import { newerLogin } from "../../src/merge/newer-login.ts";
import { type LoginFacts, login } from "./logins.ts";

/** Names of canonical, tree and base file; the history is of tokens, oldest first. */
type Row = [promise: string, facts: Facts, expected: "tree" | "canonical" | "restored"];
type Facts = {
  canonical: [string, LoginFacts?];
  tree: [string, LoginFacts?];
  base?: string;
  history?: string[];
};

const ROWS: readonly Row[] = [
  [
    "the side that changed wins: tree",
    { canonical: ["A", { at: 200n }], tree: ["B", { at: 100n }], base: "A" },
    "tree",
  ],
  [
    "the side that changed wins: canonical",
    { canonical: ["B", { at: 100n }], tree: ["A", { at: 200n }], base: "A" },
    "canonical",
  ],
  [
    "runtime_wins_when_written_more_recently",
    { canonical: ["B", { at: 100n }], tree: ["C", { at: 200n }], base: "A" },
    "tree",
  ],
  [
    "canonical_wins_when_written_more_recently",
    { canonical: ["B", { at: 200n }], tree: ["C", { at: 100n }], base: "A" },
    "canonical",
  ],
  [
    "runtime_wins_newer_mtime_despite_lower_expires_at",
    { canonical: ["B", { at: 100n, expiresAt: 2e12 }], tree: ["C", { at: 101n, expiresAt: 1e12 }] },
    "tree",
  ],
  [
    "a token that is not known yet came after the newest known one, whatever a clock says",
    { canonical: ["B", { at: 200n }], tree: ["C", { at: 100n }], base: "A", history: ["A", "B"] },
    "tree",
  ],
  [
    "a canonical token that is not known yet came after the newest known one, whatever a clock says",
    { canonical: ["C", { at: 100n }], tree: ["B", { at: 200n }], base: "A", history: ["A", "B"] },
    "canonical",
  ],
  [
    "falls_back_to_expires_at_on_equal_mtime",
    { canonical: ["B", { expiresAt: 1e12 }], tree: ["C", { expiresAt: 2e12 }] },
    "tree",
  ],
  [
    "expires_at in seconds is compared as milliseconds",
    { canonical: ["B", { expiresAt: 19e11 }], tree: ["C", { expiresAt: 18e8 }] },
    "canonical",
  ],
  [
    "runtime_wins_when_canonical_missing_expires_at",
    { canonical: ["B", { expiresAt: null }], tree: ["C"] },
    "tree",
  ],
  [
    "canonical wins where only the tree says no expires_at",
    { canonical: ["B"], tree: ["C", { expiresAt: null }] },
    "canonical",
  ],
  ["canonical wins a full tie", { canonical: ["B"], tree: ["C"] }, "canonical"],
  [
    "canonical wins a full tie without any expires_at",
    { canonical: ["B", { expiresAt: null }], tree: ["C", { expiresAt: null }] },
    "canonical",
  ],
  [
    "a restored backup in the tree loses whatever its time",
    { canonical: ["C", { at: 1n }], tree: ["A", { at: 900n }], base: "C", history: ["A", "B", "C"] },
    "restored",
  ],
  [
    "a restored backup as canonical loses whatever its time",
    { canonical: ["A", { at: 900n }], tree: ["C", { at: 1n }], base: "C", history: ["A", "B", "C"] },
    "tree",
  ],
  [
    "a restored backup loses to a login never seen",
    { canonical: ["N", { at: 1n }], tree: ["A", { at: 900n }], history: ["A", "B"] },
    "restored",
  ],
  [
    "of two older tokens the newer is kept",
    { canonical: ["A", { at: 900n }], tree: ["B", { at: 1n }], history: ["A", "B", "C"] },
    "tree",
  ],
  [
    "a token that came back as the newest is no restored backup",
    { canonical: ["B", { at: 1n }], tree: ["A", { at: 900n }], history: ["A", "B", "A"] },
    "tree",
  ],
  [
    "a login without a refresh token goes by its time",
    { canonical: ["B", { at: 1n }], tree: ["T", { refresh: null, at: 2n }], history: ["A", "B"] },
    "tree",
  ],
];

describe("newerLogin", () => {
  test.each([...ROWS])("%s", (_, facts, expected) => {
    const canonical = judgeFile(login(...facts.canonical));
    const tree = judgeFile(login(...facts.tree));
    const unchanged = [canonical, tree].find(({ accessToken }) => accessToken?.endsWith(`fake${facts.base}`));
    const base = {
      canonicalHash: unchanged === undefined ? "of neither" : fingerprint(unchanged.bytes),
      history: (facts.history ?? []).map((name) => fingerprint(`sk-ant-ort01-fake${name}`)),
    };
    expect(newerLogin(base, canonical, tree)).toBe(expected);
  });

  test("goes by the time where there is no base", () => {
    const [a, b] = [judgeFile(login("A", { at: 1n })), judgeFile(login("B", { at: 2n }))];
    expect(newerLogin(undefined, a, b)).toBe("tree");
    expect(newerLogin(undefined, b, a)).toBe("canonical");
  });
});
