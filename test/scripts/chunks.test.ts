import { beforeAll, describe, expect, test } from "bun:test";
import { basename, join } from "node:path";
import { inFewChunks } from "../../scripts/chunks.ts";

const MAIN = join(import.meta.dir, "..", "..", "src", "main.ts");

describe("of the executable", () => {
  const chunks = new Map<string, string>();
  beforeAll(async () => {
    const { outputs } = await Bun.build({
      entrypoints: [MAIN],
      target: "bun",
      splitting: true,
      plugins: [inFewChunks(MAIN)],
    });
    for (const output of outputs) chunks.set(basename(output.path), await output.text());
  });

  // Each chunk costs a start 8,000 instructions and more: a change of these numbers wants a reason in its commit.
  test("a start loads one chunk beside its entry", () => {
    expect(loadedWith("main.js").size).toMatchInlineSnapshot(`2`);
  });

  test("a call that something may concern loads few more, step by step", () => {
    const [pick, plainly] = [lateChunk("plainPick"), lateChunk("runPlainly")];
    expect(loadedWith("main.js", call()).size).toMatchInlineSnapshot(`4`);
    expect(loadedWith("main.js", call(), pick).size).toMatchInlineSnapshot(`7`);
    expect(loadedWith("main.js", call(), plainly).size).toMatchInlineSnapshot(`6`);
    expect(loadedWith("main.js", call(), pick, plainly).size).toMatchInlineSnapshot(`9`);
    expect(loadedWith("main.js", call(), shim()).size).toMatchInlineSnapshot(`14`);
  });

  test.each(["current", "statusline", "complete", "apiKey"])(
    "%s loads nothing for a session's sake",
    (verb) => {
      const session = [...loadedWith(shim())].filter((chunk) => !loadedWith(clauth()).has(chunk));
      const largest = session.sort((a, b) => sizeOf(b) - sizeOf(a))[0];
      if (largest === undefined) throw new Error("a session needs no chunk of its own");
      expect([...loadedWith(clauth(), lateChunk(verb))]).not.toContain(largest);
      expect([...loadedWith(lateChunk("which"))]).toContain(largest);
    },
  );

  function clauth(): string {
    return entries()[0] ?? "";
  }

  function call(): string {
    return entries()[1] ?? "";
  }

  function shim(): string {
    return lateChunk("runClaude");
  }

  /** What main.ts imports, by the name that it was called by. */
  function entries(): readonly string[] {
    return [...(chunks.get("main.js") ?? "").matchAll(/import\("\.\/(.+?)"\)/g)].map(([, name = ""]) => name);
  }

  function sizeOf(chunk: string): number {
    return chunks.get(chunk)?.length ?? 0;
  }

  /** What is imported where `called` is taken out of it: `const { called } = await import(…)`, `(await import(…)).called(`. */
  function lateChunk(called: string): string {
    const all = [...chunks.values()].join("\n");
    const imported =
      new RegExp(`\\{ ${called} \\} = await import\\("\\./(.+?)"\\)`).exec(all) ??
      new RegExp(`import\\("\\./([^"]+?)"\\)\\)\\.${called}\\(`).exec(all);
    if (imported?.[1] === undefined) throw new Error(`nothing imports ${called}`);
    return imported[1];
  }

  /** All that is loaded when these are. */
  function loadedWith(...entries: readonly string[]): Set<string> {
    const loaded = new Set<string>();
    const queue = [...entries];
    for (let chunk = queue.pop(); chunk !== undefined; chunk = queue.pop()) {
      if (loaded.has(chunk)) continue;
      loaded.add(chunk);
      const imports = new Bun.Transpiler({ loader: "js" }).scanImports(chunks.get(chunk) ?? "");
      for (const { kind, path } of imports)
        if (kind === "import-statement" && path.startsWith("./")) queue.push(basename(path));
    }
    return loaded;
  }
});
