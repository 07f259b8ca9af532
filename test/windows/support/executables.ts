import { copyFileSync, linkSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "../../../scripts/build.ts";
import { runtimeFor } from "../../../scripts/runtime.ts";

/**
 * Makes what the tests run under Wine: `bun test/windows/support/executables.ts DIRECTORY`. Bun, also as the `node` behind a batch
 * file of npm's; the shim by both of its names; a fake Claude Code.
 */
const directory = resolve(process.argv[2] ?? ".");
const at = (name: string) => join(directory, name);

rmSync(directory, { recursive: true, force: true });
mkdirSync(at("real"), { recursive: true });
const runtime = await runtimeFor("windows-x64");
copyFileSync(runtime, at("bun.exe"));
linkSync(at("bun.exe"), at("node.exe"));
await build({ target: "windows-x64", outfile: at("claude.exe") });
linkSync(at("claude.exe"), at("clauth.exe"));
await Bun.build({
  entrypoints: [join(import.meta.dir, "fake-claude.ts")],
  target: "bun",
  compile: { target: "bun-windows-x64", executablePath: runtime, outfile: at("real/claude.exe") },
});
