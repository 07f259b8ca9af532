import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { judgeProfileConfig } from "../../src/profile/config-guard.ts";
import { complaintsAbout, profileSchema } from "../../src/profile/profile-schema.ts";

/** Tables made of the keys that matter, with values that are right, nearly right and anything. */
const anything = fc.jsonValue();
const text = fc.oneof(
  fc.constantFrom("", " ", "https://a.example", "ftp://a", "all", "a b", "a/b", "k\n"),
  fc.string(),
);
const value = fc.oneof(anything, text, fc.boolean(), fc.array(text, { maxLength: 3 }));
const names = fc.oneof(
  fc.constantFrom("A", "CLAUDE_CONFIG_DIR", "a=b", "opus", "default", "tier"),
  fc.string(),
);
const table = fc.dictionary(names, fc.oneof(text, anything), { maxKeys: 3 });
const document = fc.record(
  {
    base_url: value,
    api_key: value,
    account: value,
    isolate: value,
    keep_env: value,
    home: fc.oneof(fc.constant(true), value),
    env: fc.oneof(table, value),
    models: fc.oneof(table, value),
    auto_start: value,
  },
  { requiredKeys: [] },
);

describe("the schema of a profile's config.toml", () => {
  test("accepts exactly what the guard accepts", () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(document, anything), (candidate) => {
        const guard = "config" in judgeProfileConfig(candidate);
        if (guard) accepted += 1;
        expect(profileSchema.safeParse(candidate).success).toBe(guard);
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  test("the guard's fault is one of the schema's complaints", () => {
    fc.assert(
      fc.property(document, (candidate) => {
        const judged = judgeProfileConfig(candidate);
        if ("config" in judged) return;
        const issues = profileSchema.safeParse(candidate).error?.issues ?? [];
        expect(issues.map(({ path, message }) => [path.map(String), message])).toContainEqual([
          [...judged.fault.keys],
          judged.fault.must,
        ]);
      }),
      { numRuns: 1000 },
    );
  });

  test("names every complaint with its line", () => {
    const complaints = complaintsAbout('home = 1\naccount = ""\n[env]\nA = 1\nB = "b"\nC = []\n');
    expect(complaints.map(({ line, text }) => `${line}: ${text.slice(0, 20)}`)).toEqual([
      "1: home has to be true ",
      "2: account has to be an",
      "4: env.A has to be a va",
      "6: env.C has to be a va",
    ]);
  });

  test("has nothing to say about a valid file", () => {
    expect(complaintsAbout('api_key = "sk-ant-api03-fake"\n[models]\ndefault = "x"\n')).toEqual([]);
  });
});
