import { createHash } from "node:crypto";
import { appendFileSync, createReadStream, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { SHIM_MARKER } from "../src/shim-marker.ts";
import { inFewChunks } from "./chunks.ts";
import { isTarget, runtimeFor, TARGETS, type Target } from "./runtime.ts";

/** A scale of the thresholds at which JavaScriptCore compiles a function; ten times the normal one does as well. */
const INTERPRET_LONGER = 1000;

const ROOT = resolve(import.meta.dir, "..");
const MAIN = join(ROOT, "src", "main.ts");
const DIST = join(ROOT, "dist");

export type BuildOptions = {
  /** The program to compile; `src/main.ts` unless a test gives its own. */
  readonly entry?: string;
  /** Where the executable lands; its directory is made. By default `dist/clauth`, with the target and `.exe` where they apply. */
  readonly outfile?: string;
  /** The system it is for; this one where not given. */
  readonly target?: Target;
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
 *
 * One source gives the same bytes each time, with and without `target`, but for the name of `outfile`, which is inside; one made on
 * Windows differs from one made for it in a flag of Bun's and the checksum, two bytes (Bun 1.4.5).
 * @throws AggregateError of Bun's messages where the program does not compile; Error where the target's Bun can't be fetched
 */
export async function build({ entry = MAIN, outfile, target }: BuildOptions = {}): Promise<string> {
  const isWindows = target === undefined ? process.platform === "win32" : target.startsWith("windows");
  const name = resolve(outfile ?? join(DIST, target === undefined ? "clauth" : `clauth-${target}`));
  const executable = isWindows && !name.endsWith(".exe") ? `${name}.exe` : name;
  mkdirSync(dirname(executable), { recursive: true });
  const other = target && ({ target: `bun-${target}`, executablePath: await runtimeFor(target) } as const);
  await Bun.build({
    entrypoints: [entry],
    target: "bun",
    format: "esm",
    minify: true,
    bytecode: true,
    splitting: true,
    plugins: [inFewChunks(entry)],
    compile: {
      ...other,
      outfile: executable,
      jitPolicy: INTERPRET_LONGER,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
  // Bytes after a Mach-O file would break its signature.
  const isMachO = target === undefined ? process.platform === "darwin" : target.startsWith("darwin");
  if (!isMachO) appendFileSync(executable, `\n${SHIM_MARKER}\n`);
  return executable;
}

/** A line for each file, as `sha256sum --check` reads them beside the files. */
export async function checksums(files: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const file of files) {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(file)) hash.update(chunk);
    lines.push(`${hash.digest("hex")}  ${basename(file)}\n`);
  }
  return lines.join("");
}

/** undefined for what is no command line of ours. */
function readArguments(
  args: readonly string[],
): { outfile?: string; targets: readonly Target[] } | undefined {
  const targets: Target[] = [];
  let outfile: string | undefined;
  for (let at = 0; at < args.length; at += 2) {
    const value = args[at + 1];
    if (args[at] === "--outfile" && value !== undefined) outfile = value;
    else if (args[at] === "--target" && value === "all") targets.push(...TARGETS);
    else if (args[at] === "--target" && value !== undefined && isTarget(value)) targets.push(value);
    else return undefined;
  }
  if (outfile === undefined) return { targets };
  return targets.length > 1 ? undefined : { outfile, targets };
}

if (import.meta.main) {
  const given = readArguments(process.argv.slice(2));
  if (given === undefined) {
    console.error(`usage: bun scripts/build.ts [--outfile FILE] [--target TARGET]...
TARGET is all, or one of: ${TARGETS.join(", ")}`);
    process.exit(2);
  }
  const { outfile, targets } = given;
  if (targets.length === 0 || outfile !== undefined) {
    console.log(await build({ ...(outfile && { outfile }), ...(targets[0] && { target: targets[0] }) }));
  } else {
    const files: string[] = [];
    for (const target of targets) {
      files.push(await build({ target }));
      console.log(files.at(-1));
    }
    writeFileSync(join(DIST, "SHA256SUMS"), await checksums(files));
  }
}
