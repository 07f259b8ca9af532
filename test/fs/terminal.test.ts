import { afterEach, expect, test } from "bun:test";
import { isatty } from "node:tty";
import { isTerminal } from "../../src/fs/terminal.ts";
import { openPty, type PtySession } from "../support/pty.ts";

let pty: PtySession | undefined;

afterEach(() => pty?.close());

const PROGRAM = `
  const { isTerminal } = await import(${JSON.stringify(require.resolve("../../src/fs/terminal.ts"))});
  console.log("terminals: " + [0, 1, 99].map(isTerminal).join(" "));
`;

test.skipIf(process.platform === "win32")("is a terminal what a terminal program runs in", async () => {
  pty = openPty([process.execPath, "-e", PROGRAM], { cwd: import.meta.dir, env: { PATH: "/usr/bin:/bin" } });
  await pty.shows("terminals: true true false");
  expect(await pty.exited).toMatchObject({ code: 0 });
});

test("is none what a file or a pipe is, and says so as node does", async () => {
  const child = Bun.spawn([process.execPath, "-e", PROGRAM], { stdin: "ignore", stdout: "pipe" });
  expect((await child.stdout.text()).trim()).toBe("terminals: false false false");
  for (const descriptor of [0, 1, 2, 99]) expect(isTerminal(descriptor)).toBe(isatty(descriptor));
});
