import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const source = join(import.meta.dir, "..", "..", "src");

test("every error says what to type or to change", () => {
  const without = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => errorsIn(readFileSync(join(source, file), "utf8")).map((text) => ({ file, text })))
    .filter(({ text }) => !/\bhint\b/.test(text));
  expect(without).toEqual([]);
});

/** The facts of each `new ClauthError({…})`; braces in texts are balanced. */
function errorsIn(text: string): string[] {
  return [...text.matchAll(/new ClauthError\(\{/g)].map(({ index }) => {
    let depth = 0;
    for (let at = text.indexOf("{", index); at < text.length; at += 1) {
      if (text[at] === "{") depth += 1;
      if (text[at] === "}") depth -= 1;
      if (depth === 0) return text.slice(index, at + 1);
    }
    return text.slice(index);
  });
}
