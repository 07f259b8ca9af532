import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case } from "./measure.ts";

/**
 * Instructions in user mode until claude is started, as valgrind's callgrind counts them: the one figure of a start that no load of
 * the machine changes. What the kernel does (page faults, the end of the old program) is not in it.
 * @returns undefined where valgrind is missing or can't run the program
 */
export function instructionsOf({ argv, env, cwd }: Case): number | undefined {
  const directory = mkdtempSync(join(tmpdir(), "clauth-bench-callgrind-"));
  try {
    const counts = join(directory, "counts");
    const tool = ["valgrind", "--tool=callgrind", `--callgrind-out-file=${counts}`, "--dump-before=execve"];
    Bun.spawnSync([...tool, ...argv], { env, cwd, stdio: ["ignore", "ignore", "ignore"] });
    return total(`${counts}.1`) ?? total(counts);
  } catch {
    return undefined;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function total(path: string): number | undefined {
  try {
    const count = /^(?:summary|totals): (\d+)/m.exec(readFileSync(path, "utf8"))?.[1];
    return count === undefined ? undefined : Number(count);
  } catch {
    return undefined;
  }
}
