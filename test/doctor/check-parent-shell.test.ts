import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "../../src/context.ts";
import { checkParentShell } from "../../src/doctor/check-parent-shell.ts";
import { SHIM_MARKER } from "../../src/shim-marker.ts";
import { waitFor } from "../support/wait-for.ts";

const NAMES = "this bash was started before the shim was there: it may remember another claude";

test.skipIf(process.platform === "win32")(
  "a shell from before the shim may remember another claude",
  async () => {
    using user = newUser();
    using old = await startShell();
    await waitFor("an age that ps can tell", async () => /^00:0[1-9]$/.test(await ageOf(old.pid)));
    user.makeShim();
    const finding = { check: "PATH", level: "warning" as const, message: NAMES, hint: "hash -r" };
    expect(await checkParentShell(user.context, old.pid)).toEqual([finding]);

    using young = await startShell();
    expect(await checkParentShell(user.context, young.pid)).toEqual([]);
    expect(await checkParentShell({ ...user.context, env: user.withoutOther }, old.pid)).toEqual([]);
    expect(await checkParentShell(user.context, process.pid)).toEqual([]);
  },
);

/** In whole seconds; of a process that began a moment ago ps may say that it is older than the machine. */
function ageOf(pid: number): Promise<string> {
  return Bun.$`ps -o etime= -p ${pid}`.text().then((text) => text.trim());
}

/** A bash that waits for its input to end. */
async function startShell() {
  const child = Bun.spawn(["bash", "-c", "echo ready; read -r line"], { stdin: "pipe", stdout: "pipe" });
  await child.stdout.getReader().read();
  return { pid: child.pid, [Symbol.dispose]: () => child.kill() };
}

function newUser() {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "clauth-shell-")));
  const [shims, other] = [join(home, "shims"), join(home, "other")];
  mkdirSync(other);
  writeFileSync(join(other, "claude"), "#!/bin/sh\n");
  chmodSync(join(other, "claude"), 0o755);
  const system = process.env["PATH"] ?? "";
  const context: Context = {
    args: [],
    env: { HOME: home, PATH: `${shims}:${other}:${system}` },
    cwd: home,
    home,
    platform: process.platform,
    executable: join(shims, "clauth"),
    calledAs: "clauth",
    stdout: { isTerminal: false, write: () => {} },
    stderr: { isTerminal: false, write: () => {} },
  };
  return {
    context,
    withoutOther: { HOME: home, PATH: `${shims}:/usr/bin:/bin` },
    makeShim: () => {
      mkdirSync(shims);
      writeFileSync(join(shims, "claude"), `#!/bin/sh\n# ${SHIM_MARKER}\n`);
      chmodSync(join(shims, "claude"), 0o755);
    },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}
