import { expect, test } from "bun:test";
import { complaintAboutOwner } from "../../src/config/ownership.ts";

const ME = 1000;

test.each([
  ["mine", { uid: ME, mode: 0o600 }, undefined],
  ["mine, writable by my group: umask 002 is usual", { uid: ME, mode: 0o664 }, undefined],
  ["root's", { uid: 0, mode: 0o644 }, undefined],
  ["another user's", { uid: 1001, mode: 0o644 }, "belongs to another user"],
  ["mine, writable by everybody", { uid: ME, mode: 0o646 }, "can be written by everybody"],
  ["root's, writable by everybody", { uid: 0, mode: 0o666 }, "can be written by everybody"],
])("judges a file that is %s", (_, stat, complaint) => {
  expect(complaintAboutOwner(stat, ME)).toBe(complaint);
});

test("judges nothing where there are no user ids (Windows)", () => {
  // An explicit undefined would be replaced by the default, so the process stands in for Windows here.
  const geteuid = process.geteuid;
  Object.defineProperty(process, "geteuid", { value: undefined, configurable: true });
  try {
    expect(complaintAboutOwner({ uid: 1001, mode: 0o666 })).toBeUndefined();
  } finally {
    Object.defineProperty(process, "geteuid", { value: geteuid, configurable: true });
  }
});
