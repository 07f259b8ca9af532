import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fakeSteps } from "../support/fake-claude.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";
import { LINK_MODE } from "../support/link-mode.ts";
import { waitFor } from "../support/wait-for.ts";

/**
 * What a start and an end ask of the kernel about the user's files: counts, which no load of the machine changes. A change of
 * these numbers wants a reason in its commit.
 */
const hasStrace =
  Bun.which("strace") !== null && Bun.spawnSync(["strace", "-o", "/dev/null", "true"]).success;
const testUnderStrace = test.skipIf(!hasStrace || LINK_MODE !== "symlink");

testUnderStrace("a passthrough looks at few files, and makes, writes and locks none", async () => {
  using box = createFakeSandbox();
  expect(await callsBefore(box, {})).toMatchInlineSnapshot(`
    {
      "faccessat": 1,
      "getcwd": 2,
      "openat": 1,
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
      "faccessat": 2,
      "flock": 7,
      "ftruncate": 1,
      "getcwd": 2,
      "getdents64": 2,
      "openat": 9,
      "pwrite64": 1,
      "readlinkat": 2,
      "statx": 65,
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

testUnderStrace(
  "an end where nothing changed looks, removes its own record, and leaves its watches to the kernel",
  async () => {
    using box = createFakeSandbox();
    await box.call([], { profile: "work" });
    const trace = join(box.root, "trace");
    const go = join(box.root, "go");
    const env = { CLAUTH_PROFILE: "work", ...fakeSteps({ do: "wait", for: go }) };
    const session = box.start(underStrace(trace), { env });
    // The last look of the first pass.
    const looked = /socketpair\(.*base\/manifest\.json>, ""/s;
    await waitFor("the first pass", () => existsSync(trace) && looked.test(readFileSync(trace, "utf8")));
    writeFileSync(go, "");
    expect(await session.finished).toMatchObject({ code: 0, stderr: "" });
    const lines = readFileSync(trace, "utf8").split("\n");
    const end = lines.slice(lines.findIndex((line) => line.startsWith("--- SIGCHLD")));
    expect(countsIn(box, end)).toMatchInlineSnapshot(`
      {
        "flock": 1,
        "statx": 13,
        "unlinkat": 1,
      }
    `);
    expect(end.filter((line) => line.startsWith("inotify_rm_watch("))).toEqual([]);
    expect(end.filter((line) => /^sendmsg\(.*SCM_RIGHTS.*inotify.* = 1$/.test(line)).length).toBe(1);
  },
);

/** How often each system call names one of the sandbox's files, until claude is started. */
async function callsBefore(box: FakeSandbox, env: Readonly<Record<string, string>>) {
  const trace = join(box.root, `trace-${crypto.randomUUID()}`);
  const { code, stderr } = await box.run(underStrace(trace), { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const lines = readFileSync(trace, "utf8").split("\n").slice(1);
  const start = lines.findIndex((line) => line.startsWith("execve(") || line.includes("CLONE_VFORK"));
  return countsIn(box, lines.slice(0, start));
}

function underStrace(trace: string): readonly string[] {
  const files = "%file,getdents64,write,pwrite64,ftruncate,flock,fsync,fdatasync";
  const kinds = `${files},clone,clone3,vfork,socketpair,sendmsg,inotify_rm_watch`;
  return ["strace", "-y", "-s", "400", "-o", trace, "-e", `trace=${kinds}`, "claude"];
}

function countsIn(box: FakeSandbox, lines: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of lines) {
    const name = line.slice(0, line.indexOf("("));
    // strace shows the working directory as AT_FDCWD<...>.
    if (line.replaceAll(/AT_FDCWD<[^>]*>/g, "").includes(`${box.root}/`))
      counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
