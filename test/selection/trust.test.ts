import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { choiceFrom } from "../../src/config/choice.ts";
import { allow, deny, rememberAnnounced } from "../../src/selection/remember-trust.ts";
import { readTrust, verdictOn, wasAnnounced } from "../../src/selection/trust.ts";

let root: string;
let store: { root: string; trust: string; lock: string };
let path: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "clauth-trust-"));
  store = {
    root: join(root, "store"),
    trust: join(root, "store/trust.json"),
    lock: join(root, "store/.lock"),
  };
  path = join(root, "project/.clauthrc");
  mkdirSync(join(root, "project"));
  writeFileSync(path, "work\n");
});

afterEach(() => rmSync(root, { recursive: true }));

function file(content = "work\n") {
  return { path, bytes: new TextEncoder().encode(content) };
}

function picking(name: string) {
  return { path, choice: choiceFrom(name) ?? expect.unreachable() };
}

test("vouches for one content of one path: an edit asks again (as direnv)", () => {
  expect(verdictOn(readTrust(store), file())).toBe("unknown");
  allow(store, file());
  expect(verdictOn(readTrust(store), file())).toBe("allowed");
  expect(verdictOn(readTrust(store), file("other\n"))).toBe("unknown");
  writeFileSync(join(root, ".clauthrc"), "work\n");
  expect(verdictOn(readTrust(store), { ...file(), path: join(root, ".clauthrc") })).toBe("unknown");
});

test("denies a path whatever it holds, until it is allowed", () => {
  allow(store, file());
  deny(store, path);
  expect(verdictOn(readTrust(store), file("other\n"))).toBe("denied");
  allow(store, file());
  expect(verdictOn(readTrust(store), file())).toBe("allowed");
});

test("knows a file by its real path", () => {
  symlinkSync(join(root, "project"), join(root, "alias"));
  allow(store, { ...file(), path: join(root, "alias/.clauthrc") });
  expect(verdictOn(readTrust(store), file())).toBe("allowed");
});

test("remembers which profile a file was announced to pick", () => {
  expect(wasAnnounced(readTrust(store), picking("work"))).toBe(false);
  rememberAnnounced(store, picking("work"));
  expect(wasAnnounced(readTrust(store), picking("work"))).toBe(true);
  expect(wasAnnounced(readTrust(store), picking("other"))).toBe(false);
  expect(verdictOn(readTrust(store), file())).toBe("unknown");
});

test.each(["", "[]", "{", "null"])(
  "fails closed on a record of %j: the file may have been denied",
  (content) => {
    mkdirSync(store.root);
    writeFileSync(store.trust, content);
    expect(() => verdictOn(readTrust(store), file())).toThrow(
      expect.objectContaining({ kind: "trust_damaged" }),
    );
    expect(() => allow(store, file())).toThrow(expect.objectContaining({ kind: "trust_damaged" }));
  },
);

test("fails closed on a record that everybody may write", () => {
  allow(store, file());
  chmodSync(store.trust, 0o666);
  expect(() => verdictOn(readTrust(store), file())).toThrow(
    expect.objectContaining({ kind: "trust_damaged" }),
  );
});
