import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isKnownEntry } from "../../src/tree/entries.ts";
import { NEWEST_CLAUDE } from "../support/claude-install.ts";
import { describeClaude } from "../support/claude-lab.ts";
import { credentialsText } from "../support/claude-login.ts";
import { CTRL_C, openPty } from "../support/pty.ts";

/** A new Claude Code that brings a new top-level name fails here, so that somebody judges it: shared or private? */
describeClaude(
  "the entries of a config directory",
  (openLab) => {
    test("are all known, after a turn in print mode, on a terminal, a tool and an MCP server", async () => {
      await using lab = await openLab({ shim: false });
      const directory = join(lab.root, "config");
      const env = { CLAUDE_CONFIG_DIR: directory };
      lab.write(
        join(directory, ".credentials.json"),
        credentialsText({ account: "A", expired: true }),
        0o600,
      );
      lab.write(join(directory, ".claude.json"), JSON.stringify(settled(lab.project)), 0o600);

      await lab.run(["claude", "-p", "[[bash echo tool]]", "--allowedTools", "Bash"], { env });
      await lab.run(["claude", "mcp", "add", "-s", "user", "demo", "--", "/bin/true"], { env });
      await lab.run(["claude", "plugin", "marketplace", "list"], { env });
      const pty = openPty(lab.network.inside([lab.claude], lab.project), {
        cwd: lab.project,
        env: { ...lab.env, ...env },
      });
      try {
        await pty.shows("for agents");
        pty.type("hello");
        await pty.shows("hello");
        pty.type("\r");
        await pty.shows("mock-reply to");
        expect(unknownIn(directory)).toEqual([]);
        pty.type(CTRL_C);
        await pty.shows("again to exit");
        pty.type(CTRL_C);
        await pty.exited;
      } finally {
        pty.close();
      }
      expect(unknownIn(directory)).toEqual([]);
      expect(readdirSync(directory)).toContain("history.jsonl");
    });
  },
  [NEWEST_CLAUDE],
);

function unknownIn(directory: string): string[] {
  return readdirSync(directory).filter((name) => !isKnownEntry(name));
}

function settled(project: string) {
  return { hasCompletedOnboarding: true, projects: { [project]: { hasTrustDialogAccepted: true } } };
}
