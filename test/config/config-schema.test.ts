import { expect, test } from "bun:test";
import fc from "fast-check";
import { configFrom } from "../../src/config/config.ts";
import { configSchema } from "../../src/config/config-schema.ts";

const junk = fc.jsonValue({ maxDepth: 1 });

/** Mostly what is right, so that a whole file often is. */
function mostly(right: readonly unknown[], wrong: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...right) },
    { weight: 1, arbitrary: fc.constantFrom(...wrong) },
    { weight: 1, arbitrary: junk },
  );
}

const name = mostly(["work", "System"], ["run", "", "a b", "sk-ant-fakeA", "x.lock", "work\n"]);
const directory = mostly(["~/w", "~", "/a", "C:\\a"], ["C:a", "a/b", "", "/\0", "~user"]);
const remote = mostly(["github.com/*", "a/b", "a"], ["a//b", "https://a/b", "/a", "a b", "git@a:b", "a/"]);
const profile = name;
const rule = fc.oneof(
  { weight: 12, arbitrary: fc.record({ dir: directory, profile }) },
  { weight: 12, arbitrary: fc.record({ remote, profile }) },
  { weight: 1, arbitrary: fc.record({ dir: directory, remote, profile, other: junk }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: junk },
);
const table = fc.record(
  {
    default: name,
    trust: mostly(["owned", "allow"], ["no"]),
    claude: mostly(["/opt/claude", "~/claude"], ["~", "./claude"]),
    quiet: mostly([true, false], ["true"]),
    rule: fc.oneof(
      { weight: 30, arbitrary: fc.array(rule, { maxLength: 3 }) },
      { weight: 1, arbitrary: junk },
    ),
  },
  { requiredKeys: [] },
);
const extended = fc.tuple(
  table,
  fc.dictionary(fc.constantFrom("defualt", "__proto__", "constructor"), junk, { maxKeys: 1 }),
);
const document = fc.oneof(
  { weight: 8, arbitrary: table },
  { weight: 1, arbitrary: extended.map(([known, unknown]) => ({ ...known, ...unknown })) },
  { weight: 1, arbitrary: junk },
);

test("accepts exactly what the guard of the hot path accepts", () => {
  const verdicts = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(document, (value) => {
      const accepted = configFrom(value, "") !== undefined;
      verdicts[accepted ? "accepted" : "refused"] += 1;
      expect(configSchema.safeParse(value).success).toBe(accepted);
    }),
    { numRuns: 2000 },
  );
  expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(200);
});
