import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { credentialsText } from "./support/claude-login.ts";
import { fakeSteps } from "./support/fake-claude.ts";
import { createFakeSandbox, type FakeSandbox } from "./support/fake-sandbox.ts";

const readme = readFileSync(join(import.meta.dir, "..", "README.md"), "utf8");

describe("the README", () => {
  test("has at most 150 lines", () => {
    expect(readme.split("\n").length).toBeLessThanOrEqual(150);
  });

  test("names no command that clauth has not", async () => {
    using box = createFakeSandbox();
    const { stdout } = await box.run(["clauth", "--help"]);
    const verbs = new Set(stdout.match(/^ {2}[a-z]+/gm)?.map((verb) => verb.trim()));
    const blocks = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].map((match) => match[1] ?? "").join("\n");
    const spans = [...readme.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "").join("\n");
    const named = [...`${blocks}\n${spans}`.matchAll(/\bclauth ([a-z]+)/g)].map((match) => match[1] ?? "");
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((verb) => !verbs.has(verb))).toEqual([]);
  });

  test("leads to two accounts in two directories by its quick start alone", async () => {
    using box = newUser();
    for (const line of linesOf("Quick start")) {
      const done = await box.run(["sh", "-c", line], { cwd: box.home, env: LOGS_IN });
      expect({ line, ...done }).toMatchObject({ line, code: 0 });
    }
    const which = async (cwd: string) => (await box.run(["clauth", "which"], { cwd })).stdout;
    expect(await which(join(box.home, "work"))).toStartWith(
      `profile "work": ${box.home}/work/.clauthrc:1 names it\n`,
    );
    expect(await which(box.home)).toStartWith(`profile "personal": default in ${box.store}/clauth.toml:1\n`);
    expect(box.read(box.profile("work", "credentials.json"))).toContain("fakeW");
    expect(box.read(".claude/.credentials.json")).toContain("fakeH");
  });

  test("shows what its first lines do", async () => {
    using box = newUser();
    for (const line of linesOf("clauth")) {
      const done = await box.run(["sh", "-c", line], { cwd: box.home, env: LOGS_IN });
      expect({ line, ...done }).toMatchObject({ line, code: 0 });
    }
  });
});

/** What the real `claude auth login` leaves, done by the fake one. */
const LOGS_IN = fakeSteps({ do: "refresh", credentials: credentialsText({ account: "W" }) });

function newUser(): FakeSandbox {
  const box = createFakeSandbox({ profiles: false });
  box.write(".claude/.credentials.json", credentialsText({ account: "H" }), 0o600);
  box.write("work/notes", "");
  return box;
}

/** The lines of the first shell block below a heading. */
function linesOf(heading: string): string[] {
  const block = new RegExp(`^#+ ${heading}.*?^\`\`\`sh\\n(.*?)^\`\`\``, "ms").exec(readme)?.[1] ?? "";
  return block.split("\n").filter((line) => line !== "");
}
