import { expect, test } from "bun:test";
import { domainError } from "../../src/disk/errno.ts";
import { ClauthError } from "../../src/errors.ts";
import { systemError } from "../support/faults.ts";

test.each([
  ["ENOSPC", "store_full", false],
  ["EDQUOT", "store_full", false],
  ["EROFS", "store_read_only", false],
  ["EACCES", "store_denied", false],
  ["EPERM", "store_denied", false],
  ["EBUSY", "store_busy", true],
  ["EMFILE", "store_busy", true],
  ["ENFILE", "store_busy", true],
  ["EAGAIN", "store_busy", true],
  ["ESTALE", "concurrent_modification", true],
  ["ENOENT", "concurrent_modification", true],
  ["ENOTDIR", "not_a_file", false],
  ["EISDIR", "not_a_file", false],
  ["ELOOP", "link_loop", false],
  ["ENAMETOOLONG", "path_too_long", false],
  ["EIO", "store_failed", false],
  ["ESOMETHINGNEW", "store_failed", false],
])("%s means %s", (code, kind, retrySafe) => {
  const error = domainError(systemError(code), "write", "/store/x");
  expect([error.kind, error.retrySafe, error.path]).toEqual([kind, retrySafe, "/store/x"]);
  expect(error.message).toStartWith("can't write /store/x: ");
  expect(`${error.message} ${error.hint}`).not.toContain(code);
  expect(error.hint).not.toBe("");
});

test("an error that has its meaning already keeps it", () => {
  const error = new ClauthError({ kind: "file_too_large", message: "m" });
  expect(domainError(error, "write", "/x")).toBe(error);
});

test("the system's own answer stays in the cause, for CLAUTH_DEBUG", () => {
  const cause = systemError("EIO");
  expect(domainError(cause, "read", "/x").cause).toBe(cause);
});
