import { expect, test } from "bun:test";
import { posix } from "node:path";
import fc from "fast-check";
import { basename, dirname, isAbsolute, join, normalize, prefixOf, relative, resolve } from "../src/path.ts";

/** Few words, so that two paths often have a part in common. */
const part = fc.constantFrom("", ".", "..", "a", "b", ".b", "a.b", "ü", "...", "a b", "-");
const path = fc
  .tuple(fc.boolean(), fc.array(part, { maxLength: 5 }))
  .map(([absolute, parts]) => `${absolute ? "/" : ""}${parts.join("/")}`);

test.skipIf(process.platform === "win32")("answers as node:path does, for every path", () => {
  fc.assert(
    fc.property(path, path, (one, other) => {
      expect(join(one, other)).toBe(posix.join(one, other));
      expect(join(one, other, one)).toBe(posix.join(one, other, one));
      expect(resolve(one, other)).toBe(posix.resolve(one, other));
      expect(relative(one, other)).toBe(posix.relative(one, other));
      expect(normalize(one)).toBe(posix.normalize(one));
      expect(dirname(one)).toBe(posix.dirname(one));
      expect(basename(one)).toBe(posix.basename(one));
      expect(isAbsolute(one)).toBe(posix.isAbsolute(one));
      expect(`${prefixOf(resolve(one))}name`).toBe(posix.resolve(one, "name"));
    }),
    { numRuns: 5000 },
  );
});
