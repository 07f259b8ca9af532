import { appendFileSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { SHIM_MARKER } from "../src/own-executable.ts";

/** A scale of the thresholds at which JavaScriptCore compiles a function; ten times the normal one does as well. */
const INTERPRET_LONGER = 1000;

const ROOT = resolve(import.meta.dir, "..");

export type BuildOptions = {
  /** The program to compile; `src/main.ts` unless a test gives its own. */
  readonly entry?: string;
  /** Where the executable lands; its directory is made. `dist/clauth` by default. */
  readonly outfile?: string;
};

/**
 * Compiles the one executable that is both `claude` and `clauth` (it goes by the name it is called by) and gives
 * its path.
 *
 * Every autoload is off: a compiled Bun program otherwise reads `.env` and `bunfig.toml` of the directory it is
 * started in, and executes the latter's `preload` before our first line (Bun 1.4.5). Splitting keeps what is
 * imported by `await import()` out of the start: 5.5 ms instead of 7.4 ms with zod, citty and proper-lockfile. A start
 * runs each function once or twice, so the thresholds of the JIT are raised: its threads and their work cost a bypass 0.7
 * ms and a session 1.5 ms.
 * @throws AggregateError of Bun's messages where the program does not compile.
 */
export async function build(options: BuildOptions = {}): Promise<string> {
  const outfile = resolve(options.outfile ?? join(ROOT, "dist", "clauth"));
  mkdirSync(dirname(outfile), { recursive: true });
  await Bun.build({
    entrypoints: [options.entry ?? join(ROOT, "src", "main.ts")],
    target: "bun",
    format: "esm",
    minify: true,
    bytecode: true,
    splitting: true,
    compile: {
      outfile,
      jitPolicy: INTERPRET_LONGER,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
  // Bytes after a Mach-O file would break its signature.
  if (process.platform !== "darwin") appendFileSync(outfile, `\n${SHIM_MARKER}\n`);
  return outfile;
}

if (import.meta.main) {
  const [option, outfile, ...rest] = process.argv.slice(2);
  if (option !== undefined && (option !== "--outfile" || outfile === undefined || rest.length > 0)) {
    console.error("usage: bun scripts/build.ts [--outfile FILE]");
    process.exit(2);
  }
  console.log(await build(outfile === undefined ? {} : { outfile }));
}
