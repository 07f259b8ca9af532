import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fakeSteps, readReport } from "../support/fake-claude.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";

test("becomes the real claude where no profile applies: same process, same directory, same arguments", async () => {
  using box = createFakeSandbox();
  const args = ["-p", "", "two words", "--", "-x", "näme", "a\nb", "$HOME"];
  const to = join(box.root, "report.json");
  const running = box.begin(args, { steps: [{ do: "report", to }] });
  expect(await running.finished).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
  const report = readReport(to);
  expect(report.pid).toBe(running.pid);
  expect(report.cwd).toBe(box.project);
  expect(report.args.map((arg) => Buffer.from(arg, "latin1").toString())).toEqual(args);
});

test("leaves the environment untouched but for its own guard", async () => {
  using box = createFakeSandbox();
  const env = {
    ANTHROPIC_API_KEY: "sk-ant-api03-fakeKey",
    ANTHROPIC_BASE_URL: "http://127.0.0.1:1",
    ODD: "",
  };
  const direct = join(box.root, "direct.json");
  await box.run([box.claude], { env: { ...env, ...fakeSteps({ do: "report", to: direct }) } });
  const { report } = await box.call([], { env });
  const { CLAUTH_GUARD: _, ...rest } = report.env;
  expect(rest).toEqual(readReport(direct).env);
});

test("hands on bytes that are not UTF-8, open descriptors, the umask and ignored signals", async () => {
  using box = createFakeSandbox();
  for (const profile of [undefined, "work"]) {
    const to = join(box.root, `${profile}.json`);
    const script = `umask 027; trap '' HUP; exec claude "$(printf 'a\\377b')" 5<"$HOME/.profile" 63</dev/zero`;
    await box.run(["bash", "-c", script], {
      env: { CLAUTH_PROFILE: profile, ...fakeSteps({ do: "report", to }) },
    });
    const report = readReport(to);
    expect(report.args).toEqual(["a\xffb"]);
    expect(report.descriptors).toMatchObject({ "5": join(box.home, ".profile"), "63": "/dev/zero" });
    expect(report.umask).toBe(0o027);
    // Above the real signals stand glibc's own two, which its posix_spawn ignores.
    expect(Number.parseInt(report.ignored, 16) % 2 ** 31).toBe(1);
  }
});

test("CLAUTH_BYPASS=1 comes before everything: no file of the store is read", async () => {
  using box = createFakeSandbox();
  box.write(join(box.store, "clauth.toml"), "this is = = not toml", 0o600);
  const { code, stderr, report } = await box.call(["hello"], {
    profile: "nobody",
    env: { CLAUTH_BYPASS: "1" },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(report.env).not.toHaveProperty("CLAUDE_CONFIG_DIR");
});

test("system is passthrough at any level, and sheds the tree that a parent handed down", async () => {
  using box = createFakeSandbox();
  box.write("project/.clauthrc", "system\n");
  const nested = join(box.root, "nested.json");
  const steps = [{ do: "run", argv: ["claude"], steps: [{ do: "report", to: nested }] }] as const;
  const outer = await box.call([], { profile: "work", cwd: box.home, steps });
  expect(outer.report.env["CLAUDE_CONFIG_DIR"]).toBe(box.profile("work", "runtime"));
  // The nested call stands in ~, where no file names a profile; only the explicit choice does.
  expect(readReport(nested).env["CLAUDE_CONFIG_DIR"]).toBe(box.profile("work", "runtime"));
  const inProject = await box.call([], { env: { CLAUDE_CONFIG_DIR: box.profile("work", "runtime") } });
  expect(inProject.report.env).not.toHaveProperty("CLAUDE_CONFIG_DIR");
});

test("a config directory that the user chose is left alone", async () => {
  using box = createFakeSandbox();
  box.write("project/.clauthrc", "work\n");
  const { report, stderr } = await box.call([], { env: { CLAUDE_CONFIG_DIR: join(box.home, "own") } });
  expect(report.env["CLAUDE_CONFIG_DIR"]).toBe(join(box.home, "own"));
  expect(stderr).toContain("CLAUDE_CONFIG_DIR");
  expect(stderr).toContain(".clauthrc");
});

test("writes nothing where no profile applies", async () => {
  using box = createFakeSandbox();
  await box.call([]);
  expect(existsSync(join(box.home, ".claude"))).toBe(false);
  expect(existsSync(join(box.store, "log"))).toBe(false);
});
