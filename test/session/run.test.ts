import { expect, test } from "bun:test";
import { join } from "node:path";
import { RUN_FROM_SOURCE } from "../support/fake-claude.ts";
import { createSandbox } from "../support/sandbox.ts";

test("claude holds the session lock once, whatever was taken for the caller's descriptors", async () => {
  const box = createSandbox({ shim: false });
  box.addProfile("work", { account: "W" });
  const program = [
    process.execPath,
    ...RUN_FROM_SOURCE,
    join(import.meta.dir, "support", "gone-descriptors.ts"),
  ];
  const listing = ["/bin/ls", "-l", "/proc/self/fd"];
  const { code, stdout, stderr } = await box.run([...program, ...listing]);
  const locks = [...stdout.matchAll(/ (\d+) -> (.*)$/gm)].filter(([, , target = ""]) =>
    target.startsWith(box.profile("work", "sessions")),
  );
  expect({ code, stderr, numbers: locks.map(([, number]) => number) }).toEqual({
    code: 0,
    stderr: "",
    numbers: ["31"],
  });
  box.close();
});
