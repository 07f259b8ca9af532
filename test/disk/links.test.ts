import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testOnlyWithFaults } from "../../src/disk/disk.ts";
import { readLink, resolveLinks } from "../../src/disk/links.ts";
import { failing, kindOf } from "../support/faults.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clauth-links-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** n0 → n1 → ... → end */
function chain(links: number): string {
  for (let at = 0; at < links; at++)
    symlinkSync(at + 1 === links ? "end" : `n${at + 1}`, join(home, `n${at}`));
  return join(home, "n0");
}

test("resolveLinks follows as many links as the kernel, also to a name that is not there yet", () => {
  expect(resolveLinks(chain(40))).toBe(join(home, "end"));
});

test("resolveLinks stops at more than forty links, as the kernel does", () => {
  expect(kindOf(() => resolveLinks(chain(41)))).toBe("link_loop");
});

test("resolveLinks leaves a name alone that is no link", () => {
  writeFileSync(join(home, "f"), "");
  expect(resolveLinks(join(home, "f"))).toBe(join(home, "f"));
  expect(resolveLinks(join(home, "missing"))).toBe(join(home, "missing"));
});

test("readLink tells a link from everything else", () => {
  mkdirSync(join(home, "d"));
  symlinkSync("d", join(home, "l"));
  expect(readLink(join(home, "l"))).toBe("d");
  expect(readLink(join(home, "d"))).toBeUndefined();
  expect(readLink(join(home, "missing"))).toBeUndefined();
});

test("readLink takes a link that can't be read for neither", () => {
  const kind = testOnlyWithFaults(
    () => ({ readlink: failing("EACCES") }),
    () => kindOf(() => readLink(join(home, "l"))),
  );
  expect(kind).toBe("store_denied");
});
