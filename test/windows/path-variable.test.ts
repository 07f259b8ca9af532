import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { expandVariables, withFirst, without } from "../../src/windows/path-variable.ts";

const BIN = "C:\\Users\\u\\.clauth\\bin";
const ENV = { USERPROFILE: "C:\\Users\\u", Loop: "%Loop%" };

describe("the user's PATH", () => {
  test.each([
    ["", BIN],
    ["C:\\a;C:\\b", `${BIN};C:\\a;C:\\b`],
    ["%USERPROFILE%\\x;%JAVA_HOME%\\bin;", `${BIN};%USERPROFILE%\\x;%JAVA_HOME%\\bin;`],
    ['"C:\\with;semicolon";;C:\\b;', `${BIN};"C:\\with;semicolon";;C:\\b;`],
    [`C:\\a;${BIN};C:\\b`, `${BIN};C:\\a;C:\\b`],
    [`C:\\a;${BIN}`, `${BIN};C:\\a`],
    [`${BIN};C:\\a;"c:/users/U/.clauth/bin/"`, `${BIN};C:\\a`],
    [`C:\\a;%userprofile%\\.clauth\\bin\\`, `${BIN};C:\\a`],
    [";", `${BIN};;`],
  ])("%p gets the directory in front: %p", (path, expected) => {
    expect(withFirst(path, BIN, ENV)).toBe(expected);
  });

  test.each([BIN, `${BIN};C:\\a`, `%USERPROFILE%\\.clauth\\bin;C:\\a;`, `"${BIN}\\";C:\\a`])(
    "%p has it there already and keeps its bytes",
    (path) => expect(withFirst(path, BIN, ENV)).toBe(path),
  );

  test.each([
    [BIN, ""],
    [`${BIN};C:\\a`, "C:\\a"],
    [`C:\\a;c:\\users\\u\\.CLAUTH\\bin\\;C:\\b`, "C:\\a;C:\\b"],
    [`C:\\a;${BIN}2;C:\\Users\\u\\.clauth`, `C:\\a;${BIN}2;C:\\Users\\u\\.clauth`],
    ["", ""],
  ])("%p without it is %p", (path, expected) => expect(without(path, BIN, ENV)).toBe(expected));

  const entries = fc.array(fc.constantFrom("", "C:\\a", '"C:\\b;c"', "%X%", "D:\\é ", "."));
  const paths = entries.map((list) => list.join(";"));

  test("is the same byte for byte after an installation and its removal", () => {
    fc.assert(fc.property(paths, (path) => expect(without(withFirst(path, BIN, ENV), BIN, ENV)).toBe(path)));
  });

  test("is changed by the first installation alone", () => {
    fc.assert(
      fc.property(paths, (path) => {
        const once = withFirst(path, BIN, ENV);
        expect(withFirst(once, BIN, ENV)).toBe(once);
      }),
    );
  });
});

test("variables are expanded by their name in any case, once, and kept where they are not set", () => {
  expect(expandVariables("%userprofile%\\a;%NONE%;100%;%Loop%", ENV)).toBe(
    "C:\\Users\\u\\a;%NONE%;100%;%Loop%",
  );
});
