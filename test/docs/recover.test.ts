import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..", "..");
const page = readFileSync(join(root, "docs", "recover.md"), "utf8");

describe("the page of errors", () => {
  const thrown = kindsInSource();
  const entries = [...page.matchAll(/^- (`[a-z_0-9]+`(?:, `[a-z_0-9]+`)*)( ↻)?:/gm)];
  const explained = entries.flatMap((match) => (match[1] ?? "").replaceAll("`", "").split(", "));

  test("has an entry for every kind that the source can throw", () => {
    expect(thrown.size).toBeGreaterThan(70);
    expect([...thrown].filter((kind) => !explained.includes(kind)).sort()).toEqual([]);
  });

  test("has each once, and none that nobody throws", () => {
    expect(explained.filter((kind) => !thrown.has(kind))).toEqual([]);
    expect(explained.filter((kind, index) => explained.indexOf(kind) !== index)).toEqual([]);
  });
});

/** Every kind is a literal beside the code that throws it, but for the tables and wrappers named here. */
function kindsInSource(): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const file of readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue;
    const text = readFileSync(join(root, "src", file), "utf8");
    for (const [, expression = ""] of text.matchAll(/new ClauthError\(\{\s*kind(?::([^,]*))?,/g)) {
      const literals = expression.match(/"([a-z_0-9]+)"/g) ?? [];
      const elsewhere = ["error.kind", "meaning.kind", ""].includes(expression.trim());
      if (literals.length === 0 && !elsewhere)
        throw new Error(`${file}: a kind that is no literal: ${expression}`);
      for (const literal of literals) kinds.add(literal.slice(1, -1));
    }
    if (file === "disk/errno.ts")
      for (const [, kind = ""] of text.matchAll(/kind: "([a-z_0-9]+)"/g)) kinds.add(kind);
    for (const [, kind = ""] of text.matchAll(/notAllowed\(\s*"([a-z_0-9]+)"/g)) kinds.add(kind);
  }
  return kinds;
}
