import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { BunPlugin } from "bun";

const ROOT = resolve(import.meta.dir, "..");

/** What is loaded for a call that something may concern, step by step: whose it is, the short way, the long way. */
const STEPS = [
  ["plain-call"],
  ["selection/plain-pick", "plain-profile", "environment/settings-tier", "profile/profile-config"],
  ["shim"],
].map((step) => step.map((module) => `src/${module}.ts`));
/** With the first step comes what prompts and sessions both need: apart it would lie in three chunks more, one for each mix of steps. */
const FIRST = [
  "plain-call",
  "checkpoint",
  "json",
  "report",
  "disk/directory",
  "disk/remove-file",
  "profile/foreign-store",
  "profile/plain-login",
  "reconcile/places",
  "reconcile/signature",
].map((module) => join(ROOT, "src", `${module}.ts`));
const CLAUTH = "src/clauth.ts";
const IDENTITY = "src/identity-keys.ts";

/** Called at each prompt, status line, TAB or request: these load nothing for a session's sake. */
const LIGHT = ["current", "statusline", "complete", "api-key"].map((verb) => `src/commands/${verb}.ts`);

/**
 * Makes one chunk of all that `entry` imports, and one more of what a session needs besides.
 *
 * Bun puts into a chunk what the same dynamic imports reach: of the modules of a start it made 36 chunks, at 8,000 instructions and
 * more for each that is loaded. So every late module imports first what those before it did. Then
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
        const lines = [...early, ...before(path)].map((module) => `import ${JSON.stringify(module)};\n`);
        return { contents: `${lines.join("")}export * from ${JSON.stringify(resolve(ROOT, path))};\n` };
      });
    },
  };
}

/** Whatever is there by the time that a late module is asked for, and may as well be; those themselves nobody else asks for. */
function before(late: string): readonly string[] {
  if (late === IDENTITY || !late.startsWith("src/")) return [];
  const isLight = late === CLAUTH || LIGHT.includes(late);
  const step = STEPS.findIndex((modules) => modules.includes(late));
  const modules =
    step >= 0 ? STEPS.slice(0, step).flat() : [CLAUTH, ...LIGHT, ...(isLight ? [] : STEPS.flat())];
  return [...FIRST, ...modules.flatMap((module) => importsOf(join(ROOT, module)))];
}

/** The modules of ours that a module imports statically, types left out. */
function importsOf(module: string): readonly string[] {
  const imports = new Bun.Transpiler({ loader: "ts" }).scanImports(readFileSync(module, "utf8"));
  return imports
    .filter(({ kind, path }) => kind === "import-statement" && path.startsWith("."))
    .map(({ path }) => resolve(dirname(module), path));
}
