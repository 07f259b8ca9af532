import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pictureOf, record } from "../../scripts/recording.ts";

test.skipIf(process.platform === "win32")(
  "the picture in the README is what a terminal shows today (else: bun scripts/recording.ts)",
  async () => {
    const picture = readFileSync(join(import.meta.dir, "..", "..", "docs", "demo.svg"), "utf8");
    expect(picture).toBe(pictureOf(await record()));
  },
  60_000,
);

test("a picture wraps at the last column, and shows colours and markup as they are", () => {
  const printed = `${"x".repeat(79)}<\x1b[1;31m&\x1b[0m!\n`;
  const picture = pictureOf([{ typed: "a", printed }]);
  expect(picture).toContain(`${"x".repeat(79)}&lt;</text>`);
  expect(picture).toContain('<tspan class="c1 c31">&amp;</tspan>!</text>');
});
