import { afterEach, describe, expect, test } from "bun:test";
import { registry } from "../../src/windows/registry.ts";

/** A value of the user's own environment that nothing else uses; runs on Windows, or Wine, alone. */
const NAME = "CLAUTH_TEST_VALUE";

describe.skipIf(process.platform !== "win32")("the registry", () => {
  afterEach(() => registry.write(NAME, undefined));

  test.each([
    ["that expands", { text: "C:\\a;%USERPROFILE%\\b;%NONE%", expands: true }],
    ["that doesn't", { text: "C:\\a;%USERPROFILE%", expands: false }],
    ["beyond ASCII", { text: "C:\\Üser\\日本語;C:\\𐍈", expands: true }],
    ["of many characters", { text: "C:\\some directory;".repeat(1700), expands: true }],
    ["that is empty", { text: "", expands: true }],
  ])("gives back a text %s as it was written", (_, value) => {
    registry.write(NAME, value);
    expect(registry.read("user", NAME)).toEqual(value);
  });

  test("has no value that was never written, or was removed, and may remove it twice", () => {
    expect(registry.read("user", NAME)).toBeUndefined();
    registry.write(NAME, { text: "x", expands: false });
    registry.write(NAME, undefined);
    registry.write(NAME, undefined);
    expect(registry.read("user", NAME)).toBeUndefined();
  });

  test("reads the machine's environment", () => {
    expect(registry.read("machine", "Path")?.text.toLowerCase()).toContain("system32");
  });
});
