import { expect, test } from "bun:test";
import { choiceFrom, parseChoice } from "../../src/config/choice.ts";
import { ClauthError } from "../../src/errors.ts";

test("takes a name exactly as it is written", () => {
  expect(String(choiceFrom("Work.1"))).toBe("Work.1");
  expect(choiceFrom("SYSTEM")).toBe("system");
});

test.each(["", " work", "work ", "work\n", "-work", ".work", "a/b", "../x", "run", "x.lock", "a".repeat(65)])(
  "refuses %j and says where it stood (DESIGN section 4)",
  (text) => {
    expect(choiceFrom(text)).toBeUndefined();
    expect(() => parseChoice(text, "CLAUTH_PROFILE")).toThrow(/^CLAUTH_PROFILE: /);
  },
);

test("never echoes what looks like a token (DESIGN section 4)", () => {
  try {
    parseChoice("sk-ant-ort01-fakeA", "/p/.clauthrc:1", "/p/.clauthrc");
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
    expect(error).toMatchObject({ kind: "secret_as_name", path: "/p/.clauthrc" });
    expect(`${error.message} ${error.hint}`).not.toContain("fakeA");
  }
});
