import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { BunPlugin } from "bun";

const ROOT = resolve(import.meta.dir, "..");

/** What runs a session under a profile: the late module that people wait for. */
const SESSION = "src/session/run.ts";

/** Called at each prompt, status line, TAB or request: these load nothing for a session's sake. */
const LIGHT = ["cli", "commands/current", "commands/statusline", "commands/complete", "commands/api-key"].map(
  (verb) => `src/${verb}.ts`,
);

/**
 * Makes one chunk of all that `entry` imports, and one more of what a session needs besides.
 *
 * Bun puts into a chunk what the same dynamic imports reach: of the modules of a start it made 36 chunks, at 8,000 instructions and
 * more for each that is loaded. So every late module imports first what is there by the time it is asked for. Then
 * all of them reach all of that, and it stays together.
 */
export function inFewChunks(entry: string): BunPlugin {
  const early = importsOf(entry);
  return {
    name: "few chunks",
    setup(build) {
      // Only our own modules: where a plugin resolves for a package, Bun no longer drops what of it is unused (Bun 1.4.5).
      build.onResolve({ filter: /^\..*\.ts$/ }, ({ kind, importer, path }) => {
        if (kind !== "dynamic-import") return undefined;
        const late = relative(ROOT, resolve(dirname(importer), path));
        return { namespace: "late", path: late.replaceAll("\\", "/") };
      });
      build.onLoad({ filter: /.*/, namespace: "late" }, ({ path }) => {
        const isOfSession = path.startsWith("src/") && !LIGHT.includes(path);
        const before = isOfSession ? [...early, join(ROOT, SESSION)] : early;
        const lines = before.map((module) => `import ${JSON.stringify(module)};\n`);
        return { contents: `${lines.join("")}export * from ${JSON.stringify(resolve(ROOT, path))};\n` };
      });
    },
  };
}

/** The modules of ours that a module imports statically, types left out. */
function importsOf(module: string): readonly string[] {
  const imports = new Bun.Transpiler({ loader: "ts" }).scanImports(readFileSync(module, "utf8"));
  return imports
    .filter(({ kind, path }) => kind === "import-statement" && path.startsWith("."))
    .map(({ path }) => resolve(dirname(module), path));
}
