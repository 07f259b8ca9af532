import { dlopen } from "bun:ffi";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A claude for Windows: writes what it was given to FAKE_REPORT, then does what FAKE_STEPS says. Its own path comes first of its
 * arguments, so that a test sees by which way it was found.
 */
const directory = process.env["CLAUDE_CONFIG_DIR"] ?? join(process.env["USERPROFILE"] ?? "", ".claude");
const credentials = join(directory, ".credentials.json");

for (const step of (process.env["FAKE_STEPS"] ?? "").split(" ").filter((word) => word !== "")) {
  const [what, value = ""] = step.split("=");
  if (what === "refresh") replace(credentials, value);
  else if (what === "write") writeFileSync(join(directory, value), "from a session\n");
  else if (what === "wait") while (!existsSync(value)) await Bun.sleep(20);
  else if (what === "report")
    replace(process.env["FAKE_REPORT"] ?? "", encodeURIComponent(JSON.stringify(report())));
  else if (what === "exit") end(Number(value));
  else if (what === "catch")
    for (const key of ["SIGINT", "SIGBREAK"]) process.on(key, () => end(Number(value)));
}

export type WindowsReport = ReturnType<typeof report>;

function report() {
  return {
    program: process.argv[1] ?? "",
    args: process.argv.slice(2),
    pid: process.pid,
    cwd: process.cwd(),
    configDirectory: process.env["CLAUDE_CONFIG_DIR"],
    profile: process.env["CLAUTH_ACTIVE_PROFILE"],
    key: process.env["ANTHROPIC_API_KEY"],
    credentials: existsSync(credentials) ? readFileSync(credentials, "utf8") : undefined,
    memory: existsSync(join(directory, "CLAUDE.md"))
      ? readFileSync(join(directory, "CLAUDE.md"), "utf8")
      : undefined,
  };
}

/** As Claude Code replaces a file. The text of a login has no spaces, and comes percent-encoded. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.tmp.1`, decodeURIComponent(text));
  renameSync(`${path}.tmp.1`, path);
}

/** With all 32 bits. */
function end(code: number): void {
  const { ExitProcess } = dlopen("kernel32.dll", {
    ExitProcess: { args: ["u32"], returns: "void" },
  }).symbols;
  ExitProcess(code);
}
