import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createDesk, type Desk } from "../cli/call.ts";
import { credentialsText, oauthAccountOf } from "../support/claude-login.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import { blocksOf, callsIn, PAGES, pageText } from "./documented.ts";

const root = join(import.meta.dir, "..", "..");

describe.each(PAGES)("%s", (page) => {
  const text = pageText(page);

  test("names no command and no option that clauth has not", async () => {
    using desk = createDesk();
    for (const words of callsIn(text).map((call) => call.split(/\s+/).slice(1))) {
      const help = await helpFor(desk, words);
      if (help === undefined) throw new Error(`${page}: there is no command: clauth ${words.join(" ")}`);
      for (const option of words.filter((word) => /^--[a-z]/.test(word)))
        expect({ words, help }).toMatchObject({ help: expect.stringContaining(option.replace(/=.*/, "")) });
    }
  });

  test("links to nothing that is not there", () => {
    const prose = text.replaceAll(/^```.*?^```/gms, "");
    const links = [...prose.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? "");
    const local = links.filter((link) => !/^https?:/.test(link));
    expect(local.filter((link) => !existsSync(join(root, page, "..", link)))).toEqual([]);
  });

  test("has TOML and JSON that can be parsed", () => {
    for (const block of blocksOf(text, "toml")) expect(() => Bun.TOML.parse(block)).not.toThrow();
    for (const block of blocksOf(text, "json")) expect(() => Bun.JSONC.parse(block)).not.toThrow();
  });
});

describe("the prompts", () => {
  const page = pageText("docs/prompts.md");
  const block = (language: string) => blocksOf(page, language)[0] ?? "";

  test.each([
    [
      "bash",
      ["bash", "--norc", "-c", `PS1='$ '\n${block("bash")}\nprintf %s "\${PS1@P}"`],
      "(work) $ ",
      "$ ",
    ],
    ["zsh", ["zsh", "-f", "-c", `PROMPT='> '\n${block("zsh")}\nprint -nP -- $PROMPT`], "(work) > ", "> "],
    ["fish", ["fish", "-N", "-c", `${block("fish")}\nfish_right_prompt`], "(work)\n", ""],
    ["sh of starship", ["sh", "-c", commandOfStarship(block("toml"))], "work\n", ""],
  ])("of %s shows the profile, and nothing where none applies", async (shell, argv, shown, without) => {
    if (Bun.which(argv[0] ?? "") === null) return;
    using box = createFakeSandbox();
    box.write("project/.clauthrc", "work\n");
    expect({ shell, ...(await box.run(argv)) }).toMatchObject({ stdout: shown, stderr: "" });
    expect(await box.run(argv, { cwd: box.home })).toMatchObject({ stdout: without, stderr: "" });
  });

  test("Claude Code's status line is a command that a shell can run", async () => {
    using box = createFakeSandbox();
    box.write(box.profile("work", "account.json"), JSON.stringify({ oauthAccount: oauthAccountOf("W") }));
    const { statusLine } = JSON.parse(blocksOf(page, "json")[0] ?? "");
    const env = { CLAUDE_CONFIG_DIR: box.profile("work", "runtime") };
    const answer = await box.run(["sh", "-c", statusLine.command], { env, stdin: "{}" });
    expect(answer).toMatchObject({ code: 0, stdout: "work · w@example.test · max\n", stderr: "" });
  });

  test("the lines for VS Code do what they say", async () => {
    using box = createFakeSandbox();
    box.write(".config/Code/User/settings.json", "{}");
    for (const line of blocksOf(page, "sh").join("\n").split("\n").filter(Boolean))
      expect({ line, ...(await box.run(["sh", "-c", line])) }).toMatchObject({ line, code: 0 });
    expect(box.read(".config/Code/User/settings.json")).toContain("claudeProcessWrapper");
  });
});

test("the example of a clauth.toml and a config.toml are valid here", async () => {
  using desk = createDesk();
  const [config = "", profile = ""] = blocksOf(pageText("docs/reference.md"), "toml");
  for (const name of ["personal", "work"]) desk.addProfile(name, { account: "W" });
  desk.write(desk.profile("personal", "credentials.json"), credentialsText({ account: "P" }));
  desk.write(".clauth/clauth.toml", config);
  desk.write(desk.profile("work", "config.toml"), profile);
  expect(await desk.clauth(["rule", "list"])).toMatchObject({ code: 0, stderr: "" });
  expect((await desk.clauth(["which"], { env: { CLAUTH_PROFILE: "work" } })).code).toBe(0);
});

async function helpFor(desk: Desk, words: readonly string[]): Promise<string | undefined> {
  if (["help", "version"].includes(words[0] ?? "")) return "";
  for (const count of [2, 1]) {
    const { code, stdout } = await desk.clauth([...words.slice(0, count), "--help"]);
    if (code === 0) return stdout;
  }
  return undefined;
}

function commandOfStarship(toml: string): string {
  const [, command = ""] = /^command = "(.*)"$/m.exec(toml) ?? [];
  return command;
}
