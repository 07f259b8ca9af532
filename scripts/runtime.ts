import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** What can be built for. The baseline builds are for processors without AVX2. */
export const TARGETS = [
  "linux-x64",
  "linux-x64-baseline",
  "linux-x64-musl",
  "linux-arm64",
  "linux-arm64-musl",
  "darwin-x64",
  "darwin-arm64",
  "windows-x64",
  "windows-x64-baseline",
  "windows-arm64",
] as const;

export type Target = (typeof TARGETS)[number];

export function isTarget(text: string): text is Target {
  return TARGETS.some((target) => target === text);
}

/**
 * The Bun that stands inside an executable for `target`: of the very version that builds, since the bytecode is that version's. It
 * is the npm package `@oven/bun-*`, verified against the registry's hash by the package manager, and kept in node_modules/.cache:
 * a second build needs no network.
 * @returns its path
 * @throws Error where the registry does not give it
 */
export async function runtimeFor(target: Target): Promise<string> {
  const directory = resolve(import.meta.dir, "..", "node_modules", ".cache", "bun-runtimes");
  const runtime = join(directory, `${Bun.version}-${target}`);
  if (existsSync(runtime)) return runtime;
  mkdirSync(directory, { recursive: true });
  const work = mkdtempSync(join(directory, "fetch-"));
  try {
    renameSync(await fetchRuntime(target, work), runtime);
  } finally {
    rmSync(work, { recursive: true });
  }
  return runtime;
}

/** With the words of the target, since a package for another system is passed over otherwise. */
async function fetchRuntime(target: Target, work: string): Promise<string> {
  const name = `@oven/bun-${target.replace("arm64", "aarch64")}`;
  const [system = "", processor = ""] = target.split("-");
  writeFileSync(join(work, "package.json"), "{}");
  const words = ["add", "--no-save", "--ignore-scripts", "--os", system.replace("windows", "win32")];
  const added = Bun.spawn([process.execPath, ...words, "--cpu", processor, `${name}@${Bun.version}`], {
    cwd: work,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const said = await new Response(added.stderr).text();
  if ((await added.exited) !== 0)
    throw new Error(`${name}@${Bun.version} could not be fetched: ${said.trim()}`);
  const program = system === "windows" ? "bun.exe" : "bun";
  return join(work, "node_modules", name, "bin", program);
}
