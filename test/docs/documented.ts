import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..", "..");

/** The pages for users, as paths from the root of the project. */
export const PAGES: readonly string[] = [
  "README.md",
  ...readdirSync(join(root, "docs")).map((name) => join("docs", name)),
].filter((name) => name.endsWith(".md"));

export function pageText(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

/** The code blocks of a language. */
export function blocksOf(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
    (match) => match[1] ?? "",
  );
}

/** Every call of `clauth` in blocks and spans, as it is written; placeholders stay as they are. */
export function callsIn(text: string): string[] {
  const shell = ["sh", "bash", "zsh", "fish"].flatMap((language) => blocksOf(text, language));
  const prose = text.replaceAll(/^```.*?^```/gms, "");
  const spans = [...prose.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
  return [...shell.flatMap((block) => block.split("\n")), ...spans]
    .flatMap((line) => [...line.replace(/ #.*/, "").matchAll(/(?:^|[\s(/;&"])(clauth [a-z][^;&|)"<>]*)/g)])
    .map((match) => (match[1] ?? "").replace(/ 2$/, "").trim());
}

/** The examples of `--help`, which stand in the reference: whole lines to type. */
export function examplesIn(text: string): string[] {
  return blocksOf(text, "text")
    .flatMap((block) => /^examples\n((?: {2}.*\n?)+)/m.exec(block)?.[1]?.split("\n") ?? [])
    .flatMap((line) => /^ {2}(\S.*?)(?: {2,}.*)?$/.exec(line)?.[1] ?? []);
}
