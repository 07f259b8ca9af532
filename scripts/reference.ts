import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../src/cli.ts";

const PAGE = join(import.meta.dir, "..", "docs", "reference.md");
const [BEGIN, END] = ["<!-- commands: bun scripts/reference.ts -->", "<!-- end of commands -->"];

/** `docs/reference.md` with its commands as `--help` has them now. */
export async function referencePage(): Promise<string> {
  const page = readFileSync(PAGE, "utf8");
  const [before, after] = [page.split(BEGIN)[0], page.split(END)[1]];
  const verbs = [...(await helpOf([])).matchAll(/^ {2}(?!clauth )([a-z]+(?: [a-z]+)?) {2,}/gm)].map(
    (line) => line[1] ?? "",
  );
  const sections: string[] = [];
  for (const verb of verbs) {
    const help = await helpOf(verb.split(" "));
    sections.push(`### clauth ${verb}\n\n\`\`\`text\n${help.trim().replace(/ +$/gm, "")}\n\`\`\`\n`);
  }
  return `${before}${BEGIN}\n\n${sections.join("\n")}\n${END}${after}`;
}

async function helpOf(words: readonly string[]): Promise<string> {
  const texts: string[] = [];
  await runCommand({
    args: [...words, "--help"],
    env: {},
    cwd: "/",
    home: "/nonexistent",
    platform: "linux",
    executable: "/nonexistent/clauth",
    calledAs: "clauth",
    stdout: { isTerminal: false, write: (text) => void texts.push(text) },
    stderr: { isTerminal: false, write: () => {} },
  });
  return texts.join("");
}

if (import.meta.main) writeFileSync(PAGE, await referencePage());
