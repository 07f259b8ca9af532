import { expect, test } from "bun:test";
import { claudeWith, movingAside, shellWord, unsetting } from "../src/shell-line.ts";

test.each([
  ["/home/me/.clauth/x", "linux", "/home/me/.clauth/x"],
  ["/home/me/my work", "linux", "'/home/me/my work'"],
  ["/it's", "darwin", "'/it'\\''s'"],
  ["github.com/acme/*", "linux", "'github.com/acme/*'"],
  ["", "linux", "''"],
  ["C:\\Users\\me\\x", "win32", "C:\\Users\\me\\x"],
  ["C:\\Users\\J D\\it's", "win32", "'C:\\Users\\J D\\it''s'"],
  ["a;b", "win32", "'a;b'"],
] as const)("%s on %s is typed as %s", (text, platform, word) => {
  expect(shellWord(text, platform)).toBe(word);
});

test("a word is one word for the shell itself", () => {
  for (const text of ["a b", "it's", "$HOME", "`id`", 'q"q', "*", "#x", "a\nb", "-n", "ü"]) {
    const { stdout } = Bun.spawnSync(["sh", "-c", `printf '%s' ${shellWord(text, "linux")}`]);
    expect(stdout.toString()).toBe(text);
  }
});

test("the lines of a hint are those of the user's shell", () => {
  expect(movingAside("/a b", ".old")).toBe("mv '/a b' '/a b.old'");
  expect(claudeWith("CLAUTH_BYPASS", "1", "linux")).toBe("CLAUTH_BYPASS=1 claude");
  expect(claudeWith("CLAUTH_BYPASS", "1", "win32")).toBe("$env:CLAUTH_BYPASS = '1'; claude");
  expect(unsetting("CLAUTH_BYPASS", "linux")).toBe("unset CLAUTH_BYPASS");
  expect(unsetting("CLAUTH_BYPASS", "win32")).toBe("Remove-Item Env:CLAUTH_BYPASS");
});
