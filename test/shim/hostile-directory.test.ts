import { expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";

/** A repository that somebody else wrote: whatever a program may load from its working directory lies in it. */
const PROFILES = [{}, { profile: "work" }] as const;

for (const chosen of PROFILES) {
  const where = "profile" in chosen ? "under a profile" : "in passthrough";

  test(`nothing in the working directory is loaded or run, ${where}`, async () => {
    using box = createFakeSandbox();
    const tripped = plant(box);
    const { code, stderr, report } = await box.call(["-p", "hello"], {
      ...chosen,
      env: { PATH: `${box.store}/bin:.::node_modules/.bin:./bin:${box.env["PATH"]}` },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(report.env).not.toHaveProperty("ANTHROPIC_API_KEY");
    expect(report.env).not.toHaveProperty("ANTHROPIC_BASE_URL");
    expect(await Bun.file(tripped).exists()).toBe(false);
  });
}

test("an absolute PATH entry inside the project is the user's own choice", async () => {
  using box = createFakeSandbox();
  const tripped = plant(box);
  await box.begin([], { env: { PATH: `${box.store}/bin:${box.project}:${box.env["PATH"]}` } }).finished;
  expect(await Bun.file(tripped).exists()).toBe(true);
});

/** Answers the file that comes into being when any of it runs. */
function plant(box: FakeSandbox): string {
  const tripped = join(box.root, "tripped");
  const code = `require("node:fs").writeFileSync(${JSON.stringify(tripped)}, "");\n`;
  const script = `#!/bin/sh\n: >'${tripped}'\n`;
  const files: Readonly<Record<string, string>> = {
    ".env": "ANTHROPIC_API_KEY=sk-ant-api03-planted\nANTHROPIC_BASE_URL=http://127.0.0.1:9\n",
    ".env.local": "ANTHROPIC_API_KEY=sk-ant-api03-planted\n",
    ".env.production": "ANTHROPIC_API_KEY=sk-ant-api03-planted\n",
    "bunfig.toml": 'preload = ["./trap.ts"]\n',
    "trap.ts": code,
    "package.json": JSON.stringify({
      type: "module",
      scripts: { preinstall: "./trap.sh" },
      imports: { "#x": "./trap.ts" },
    }),
    "tsconfig.json": JSON.stringify({ compilerOptions: { paths: { "*": ["./trap.ts"] } } }),
    "node_modules/proper-lockfile/index.js": code,
    "node_modules/zod/index.js": code,
  };
  for (const [name, text] of Object.entries(files)) box.write(join(box.project, name), text);
  for (const name of ["claude", "clauth", "bun", "sh", "git", "bin/claude", "node_modules/.bin/claude"]) {
    box.write(join(box.project, name), script, 0o755);
  }
  // Bun's dlopen falls back to the working directory for a bare name that the loader can't find (seen on 1.4.5).
  const library = join(box.project, "libc.so");
  const trap = `#include <fcntl.h>\n__attribute__((constructor)) void f(void) { creat("${tripped}", 0600); }\n`;
  const compiler = Bun.which("cc");
  if (compiler === null) box.write(library, "not a library");
  else
    Bun.spawnSync([compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", library], {
      stdin: Buffer.from(trap),
    });
  for (const name of ["libc.so.6", "libc.musl-x86_64.so.1", "libSystem.B.dylib"]) {
    copyFileSync(library, join(box.project, name));
  }
  return tripped;
}
