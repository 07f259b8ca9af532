import { describe, expect, test } from "bun:test";
import { fingerprint, judgeFile } from "../../src/merge/judge-credentials.ts";
import { placeInHistory, withNewest, withSeen } from "../../src/merge/token-history.ts";
import { login } from "./logins.ts";

const [a, b] = [judgeFile(login("A")), judgeFile(login("B"))];
const hashOf = (name: string) => fingerprint(`sk-ant-ort01-fake${name}`);

describe("the history of tokens", () => {
  test("holds fingerprints, never a token", () => {
    expect(withSeen([], a)).toEqual([hashOf("A")]);
    expect(JSON.stringify(withNewest([], a))).not.toContain("sk-ant");
  });

  test("takes a token in once, unless it became the newest again", () => {
    expect(withSeen([hashOf("A"), hashOf("B")], a)).toEqual([hashOf("A"), hashOf("B")]);
    expect(withNewest([hashOf("A"), hashOf("B")], a)).toEqual([hashOf("A"), hashOf("B"), hashOf("A")]);
    expect(withNewest([hashOf("B"), hashOf("A")], a)).toEqual([hashOf("B"), hashOf("A")]);
  });

  test("knows no place for a login without a refresh token", () => {
    const without = judgeFile(login("A", { refresh: null }));
    expect(withNewest([hashOf("B")], without)).toEqual([hashOf("B")]);
    expect(placeInHistory([hashOf("B")], without)).toBe(Infinity);
  });

  test("places only older tokens", () => {
    const history = [hashOf("A"), hashOf("B")];
    expect(placeInHistory(history, a)).toBe(0);
    expect(placeInHistory(history, b)).toBe(Infinity);
    expect(placeInHistory([], a)).toBe(Infinity);
  });

  test("forgets the oldest in the end", () => {
    let history = withSeen([], a);
    for (let index = 0; index < 600; index++) history = withNewest(history, judgeFile(login(`N${index}`)));
    expect(history).toHaveLength(500);
    expect(history.at(-1)).toBe(hashOf("N599"));
  });
});
