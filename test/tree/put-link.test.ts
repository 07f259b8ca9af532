import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { lstatSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { type Disk, testOnlyWithFaults } from "../../src/disk/disk.ts";
import { putLink, removeLink } from "../../src/tree/put-link.ts";
import { kind, put, text } from "./support/two-roots.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "clauth-link-"));
});
afterEach(() => {
  testOnlyArmCheckpoints(undefined);
  rmSync(root, { recursive: true });
});

const CHANGED = expect.objectContaining({ kind: "concurrent_modification", retrySafe: true });

const UNSEEN = { displaced: () => expect.unreachable() };

describe("putLink", () => {
  test("takes the place of a file, which is never missing meanwhile (trap 20)", () => {
    put(join(root, "a"), "old");
    testOnlyArmCheckpoints(() => expect(text(join(root, "a"))).toBe("old"));
    putLink("/target", join(root, "a"), { file: lstatSync(join(root, "a"), { bigint: true }) }, UNSEEN);
    expect(kind(join(root, "a"))).toBe("-> /target");
  });

  test("leaves a file that was replaced after it was judged, and no temporary link", () => {
    put(join(root, "a"), "judged");
    const judged = lstatSync(join(root, "a"), { bigint: true });
    testOnlyArmCheckpoints(() => {
      put(join(root, "b"), "newer");
      renameSync(join(root, "b"), join(root, "a"));
    });
    expect(() => putLink("/target", join(root, "a"), { file: judged }, UNSEEN)).toThrow(CHANGED);
    expect(text(join(root, "a"))).toBe("newer");
    expect(readdirSync(root)).toEqual(["a"]);
  });

  test("puts back a file that came between the last look and the link", () => {
    put(join(root, "a"), "judged");
    const judged = lstatSync(join(root, "a"), { bigint: true });
    put(join(root, "b"), "newer");
    const newer = [join(root, "b")];
    const comesBetween = ({ exchange }: Disk) => ({
      exchange: (from: string, to: string) => {
        for (const path of newer.splice(0)) renameSync(path, join(root, "a"));
        return exchange(from, to);
      },
    });
    const link = () => putLink("/target", join(root, "a"), { file: judged }, UNSEEN);
    expect(() => testOnlyWithFaults(comesBetween, link)).toThrow(CHANGED);
    expect(text(join(root, "a"))).toBe("newer");
    expect(readdirSync(root)).toEqual(["a"]);
  });

  test("hands over a file that came there when a later one stands in its place by now", () => {
    put(join(root, "a"), "judged");
    const judged = lstatSync(join(root, "a"), { bigint: true });
    for (const name of ["first", "second"]) put(join(root, name), name);
    const seen: string[] = [];
    const writes = ["first", "second"].values();
    const comesTwice = ({ exchange }: Disk) => ({
      exchange: (from: string, to: string) => {
        const { value } = writes.next();
        if (value !== undefined) renameSync(join(root, value), join(root, "a"));
        return exchange(from, to);
      },
    });
    const displaced = (path: string) => void seen.push(text(path));
    const link = () => putLink("/target", join(root, "a"), { file: judged }, { displaced });
    expect(() => testOnlyWithFaults(comesTwice, link)).toThrow(CHANGED);
    expect([text(join(root, "a")), seen]).toEqual(["second", ["first"]]);
    expect(readdirSync(root)).toEqual(["a"]);
  });

  test("leaves a link that leads elsewhere by now", () => {
    symlinkSync("/other", join(root, "a"));
    expect(() => putLink("/target", join(root, "a"), { text: "/judged" }, UNSEEN)).toThrow(CHANGED);
    expect(kind(join(root, "a"))).toBe("-> /other");
  });
});

describe("removeLink", () => {
  test("removes the link that was judged and nothing else", () => {
    symlinkSync("/judged", join(root, "a"));
    removeLink(join(root, "a"), "/judged");
    put(join(root, "a"), "a file");
    expect(() => removeLink(join(root, "a"), "/judged")).toThrow(CHANGED);
    unlinkSync(join(root, "a"));
    expect(() => removeLink(join(root, "a"), "/judged")).toThrow(CHANGED);
  });
});
