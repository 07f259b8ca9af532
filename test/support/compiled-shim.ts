import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { keepFirst, testCache } from "./claude-install.ts";

const REPOSITORY = join(import.meta.dir, "..", "..");

/**
 * The compiled executable of this very source, built at most once per state of the source and kept outside the
 * checkout. Everything that can change the result is in the key.
 * @throws Error with what the build printed where it fails.
 */
export function compiledShim(): string {
  built ??= buildOnce();
  return built;
}

let built: string | undefined;

function buildOnce(): string {
  const place = join(testCache(), `shim-${sourceKey()}`);
  const path = join(place, "clauth");
  if (existsSync(path)) return path;
  const staging = mkdtempSync(`${place}.`);
  try {
    const build = Bun.spawnSync(
      [process.execPath, join(REPOSITORY, "scripts", "build.ts"), "--outfile", join(staging, "clauth")],
      { cwd: REPOSITORY, stdin: "ignore" },
    );
    if (build.exitCode !== 0) throw new Error(`the build failed: ${build.stderr}${build.stdout}`);
    chmodSync(join(staging, "clauth"), 0o755);
    removeOlder(place);
    keepFirst(staging, place);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return path;
}

function sourceKey(): string {
  const hash = new Bun.CryptoHasher("sha256").update(`${Bun.version} ${Bun.revision}`);
  const sources = [
    "package.json",
    "bun.lock",
    "tsconfig.json",
    join("scripts", "build.ts"),
    join("scripts", "chunks.ts"),
    ...filesBelow("src"),
  ];
  for (const file of sources) hash.update(`\0${file}\0`).update(readFileSync(join(REPOSITORY, file)));
  return hash.digest("hex").slice(0, 16);
}

function filesBelow(directory: string): string[] {
  return readdirSync(join(REPOSITORY, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(REPOSITORY.length + 1))
    .sort();
}

/** Each executable has 100 MB: only the newest few stay (another checkout's tests may run beside these). */
function removeOlder(place: string): void {
  const cache = testCache();
  const byAge = readdirSync(cache)
    .filter((name) => /^shim-[0-9a-f]{16}$/.test(name))
    .map((name) => join(cache, name))
    .filter((directory) => directory !== place)
    .sort((a, b) => Bun.file(join(b, "clauth")).lastModified - Bun.file(join(a, "clauth")).lastModified);
  for (const directory of byAge.slice(3)) rmSync(directory, { recursive: true, force: true });
}
