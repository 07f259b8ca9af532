import { expect, test } from "bun:test";
import { ClauthError } from "../../src/errors.ts";
import { fail } from "../../src/mirror/pass.ts";
import { systemError } from "../support/faults.ts";

function failing(cause: unknown) {
  const pass = { skipped: [], failed: [], left: new Set<string>() };
  fail(pass, "a", cause);
  return pass;
}

test("what one entry fails by is said of it, and what passes by itself is looked at again", () => {
  expect(failing(systemError("EACCES"))).toMatchObject({ skipped: [{ name: "a" }], left: new Set() });
  expect(failing(systemError("EBUSY"))).toMatchObject({ skipped: [{ name: "a" }], left: new Set(["a"]) });
  const refused = new ClauthError({ kind: "file_too_large", message: "too large" });
  expect(failing(refused)).toMatchObject({ skipped: [{ name: "a", why: "too large" }] });
});

test("a failure of the index, or a mistake of ours, is nothing that one entry could be skipped for", () => {
  for (const cause of [
    systemError("SQLITE_FULL"),
    systemError("SQLITE_IOERR_WRITE"),
    new TypeError("ours"),
  ]) {
    expect(() => failing(cause)).toThrow(cause);
  }
});
