import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseProfileName } from "../../src/profile-name.ts";
import { parseRcFile } from "../../src/selection/rc-file.ts";
import { withChoice } from "../../src/selection/write-rc-file.ts";

const name = parseProfileName("work");

test.each([
  ["nothing", "", "work\n"],
  ["a bare name", "old\n", "work\n"],
  ["an assignment", 'profile = "old"', 'profile = "work"\n'],
  ["comments alone", "# why\n", "# why\nwork\n"],
  ["more than one line that counts", "# a\none\n\n# b\ntwo\n", "# a\nwork\n\n# b\n"],
  ["a second line of the very name", "old\nwork\n", "work\n"],
  ["CRLF and a byte order mark", "\uFEFF# a\r\nold\r\n", "\uFEFF# a\r\nwork\r\n"],
])("from %s", (_, before, after) => {
  expect(withChoice(before, name)).toBe(after);
});

test("whatever stood there, the result names the choice, and every comment is still in it", () => {
  const line = fc.oneof(fc.constantFrom("# why", "", "old", 'profile = "x"', "  # in", "a = b"), fc.string());
  fc.assert(
    fc.property(fc.array(line.filter((text) => !/[\r\n\uFEFF]/.test(text))), (lines) => {
      const text = withChoice(lines.join("\n"), name);
      expect(parseRcFile(new TextEncoder().encode(text))).toMatchObject({ name: "work" });
      for (const comment of lines.filter((each) => each.trimStart().startsWith("#")))
        expect(text).toContain(comment);
    }),
  );
});
