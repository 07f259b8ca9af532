import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { median } from "../measure.ts";
import { type Bench, type Section, section } from "../section.ts";

const SCRIPT = join(import.meta.dir, "..", "..", "install.sh");

/** `install.sh` in a home of its own, with this Bun and whatever Bun has in its cache; undefined where it fails, as without a network. */
export function install({ programs }: Bench): Section | undefined {
  const root = mkdtempSync(join(tmpdir(), "clauth-bench-install-"));
  symlinkSync(process.execPath, join(root, "bun"));
  const path = [root, dirname(programs.claude), "/usr/local/bin", "/usr/bin", "/bin"].join(":");
  const runs = Array.from({ length: 4 }, (_, run) =>
    installOnce(join(root, `home-${run}`), path, join(root, "cache")),
  );
  rmSync(root, { recursive: true });
  const [first, ...later] = runs;
  if (first === undefined || runs.includes(undefined)) return undefined;
  const seconds = later.map((run) => run?.seconds ?? Number.NaN);
  const rows = [
    ["the first, which fetches three packages", first.seconds.toFixed(2), first.megabytes],
    ["again", median(seconds).toFixed(2), first.megabytes],
  ];
  return section("`sh install.sh`", ["", "s", "MB in `~/.clauth/bin`"], rows, runs);
}

type Installed = { readonly seconds: number; readonly megabytes: number };

function installOnce(home: string, path: string, cache: string): Installed | undefined {
  mkdirSync(home);
  const start = performance.now();
  const run = Bun.spawnSync(["sh", SCRIPT, "--yes", "--quiet", "--claude", "skip"], {
    env: { HOME: home, PATH: path, SHELL: "/bin/bash", BUN_INSTALL_CACHE_DIR: cache },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const seconds = (performance.now() - start) / 1000;
  return run.exitCode === 0 ? { seconds, megabytes: megabytesIn(join(home, ".clauth", "bin")) } : undefined;
}

/** Links for what they are. */
function megabytesIn(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + lstatSync(join(directory, name)).size, 0) / 1e6;
}
