import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { referencePage } from "../../scripts/reference.ts";

test("the reference has every command as --help has it (else: bun scripts/reference.ts)", async () => {
  const page = readFileSync(join(import.meta.dir, "..", "..", "docs", "reference.md"), "utf8");
  expect(page).toBe(await referencePage());
  expect(page).toContain("### clauth editor vscode");
  expect(page).not.toContain("### clauth clauth");
});
