import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";
import { LINK_MODE } from "../support/link-mode.ts";

/**
 * What a start asks of the kernel about the user's files: counts, which no load of the machine changes. A change of these
 * numbers wants a reason in its commit.
 */
const hasStrace =
  Bun.which("strace") !== null && Bun.spawnSync(["strace", "-o", "/dev/null", "true"]).success;
const testUnderStrace = test.skipIf(!hasStrace || LINK_MODE !== "symlink");

testUnderStrace("a passthrough looks at few files, and makes, writes and locks none", async () => {
  using box = createFakeSandbox();
  expect(await callsBefore(box, {})).toMatchInlineSnapshot(`
    {
      "access": 2,
      "getcwd": 2,
      "openat": 6,
      "readlink": 4,
      "statx": 16,
    }
  `);
});

testUnderStrace("a steady start of a session writes its own record alone", async () => {
  using box = createFakeSandbox();
  const env = { CLAUTH_PROFILE: "work" };
  await box.call([], { profile: "work" });
  expect(await callsBefore(box, env)).toMatchInlineSnapshot(`
    {
      "access": 4,
      "flock": 7,
      "ftruncate": 1,
      "getcwd": 2,
      "getdents64": 4,
      "openat": 19,
      "pwrite64": 1,
      "readlink": 5,
      "statx": 66,
    }
  `);
});

testUnderStrace("a start is as short beside a large ~/.claude and a large .claude.json", async () => {
  using box = createFakeSandbox();
  const env = { CLAUTH_PROFILE: "work" };
  await box.call([], { profile: "work" });
  const before = await callsBefore(box, env);

  for (let file = 0; file < 500; file++) box.write(`.claude/projects/p${file % 10}/${file}.jsonl`, "{}\n");
  const projects = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`/project-${index}`, {}]));
  box.write(".claude.json", JSON.stringify({ hasCompletedOnboarding: true, projects }));
  await box.call([], { profile: "work" });
  expect(await callsBefore(box, env)).toEqual(before);
});

/** How often each system call names one of the sandbox's files, until claude is started. */
async function callsBefore(box: FakeSandbox, env: Readonly<Record<string, string>>) {
  const trace = join(box.root, `trace-${crypto.randomUUID()}`);
  const kinds = "%file,getdents64,write,pwrite64,ftruncate,flock,fsync,fdatasync,clone,clone3,vfork";
  const { code, stderr } = await box.run(
    ["strace", "-y", "-s", "400", "-o", trace, "-e", `trace=${kinds}`, "claude"],
    {
      env,
    },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const lines = readFileSync(trace, "utf8").split("\n").slice(1);
  const start = lines.findIndex((line) => line.startsWith("execve(") || line.includes("CLONE_VFORK"));
  const counts: Record<string, number> = {};
  for (const line of lines.slice(0, start)) {
    const name = line.slice(0, line.indexOf("("));
    // strace shows the working directory as AT_FDCWD<...>.
    if (line.replaceAll(/AT_FDCWD<[^>]*>/g, "").includes(`${box.root}/`))
      counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
