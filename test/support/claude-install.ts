import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** One Claude Code that the tests run, by the absolute path of its binary. */
export type InstalledClaude = { readonly version: string; readonly path: string };

/** The versions that the tests hold for: the one that npm gives to Node 20, and the newest. */
export const CLAUDE_VERSIONS = ["2.1.197", "2.1.329"] as const;

export const NEWEST_CLAUDE = "2.1.329";

/** Where everything expensive is kept between runs, outside the checkout. */
export function testCache(): string {
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "clauth-test");
  mkdirSync(cache, { recursive: true });
  return cache;
}

/**
 * Installs one version of Claude Code from the npm registry, once. Several processes may do so at a time: the first
 * whole one is renamed into place.
 * @throws Error with the registry's own words where it can't be installed.
 */
export function installClaude(version: string): InstalledClaude {
  const name = `@anthropic-ai/claude-code-${process.platform}-${process.arch}`;
  const place = join(testCache(), `claude-${version}`);
  const path = join(place, "node_modules", name, "claude");
  if (!existsSync(path)) {
    const staging = mkdtempSync(`${place}.`);
    try {
      writeFileSync(join(staging, "package.json"), JSON.stringify({ dependencies: { [name]: version } }));
      const installed = Bun.spawnSync([process.execPath, "install", "--no-save", "--ignore-scripts"], {
        cwd: staging,
        stdin: "ignore",
      });
      if (installed.exitCode !== 0)
        throw new Error(`${name}@${version}: ${installed.stderr.toString().trim()}`);
      keepFirst(staging, place);
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
  }
  return { version, path };
}

/** Renames `staging` to `place`, unless another process was faster. */
export function keepFirst(staging: string, place: string): void {
  try {
    renameSync(staging, place);
  } catch (error) {
    if (!existsSync(place)) throw error;
  }
}
