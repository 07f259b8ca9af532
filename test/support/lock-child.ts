import { mkdirSync, readFileSync, rmdirSync, utimesSync, writeFileSync } from "node:fs";
import { acquireStoreLock, stateLock, withStoreLock } from "../../src/lock/store-lock.ts";
import { createRecord } from "../../src/session/record.ts";

/**
 * Another process, for tests of locks: does what its arguments say, prints one line when that is done, answers every line
 * of its standard input with "alive", and ends when that ends.
 */
const [what = "", path = "", extra = ""] = process.argv.slice(2);

switch (what) {
  case "hold-state":
    acquireStoreLock(stateLock({ lock: path }), { waitMs: 5000 });
    say("held");
    break;
  case "hold-record":
    createRecord({ sessions: path }, { profile: "work", cwd: "/" });
    say("held");
    break;
  case "give-record-to-child": {
    // The child is an ordinary program that knows nothing of locks: only the descriptor keeps the record alive.
    const record = createRecord({ sessions: path }, { profile: "work", cwd: "/" });
    const child = Bun.spawn(["sleep", "60"], { stdio: ["ignore", "ignore", "ignore", record.fd] });
    say(`child ${child.pid}`);
    break;
  }
  case "count":
    for (let round = 0; round < Number(extra); round++) {
      withStoreLock(stateLock({ lock: `${path}.lock` }), { waitMs: 20_000 }, () => {
        writeFileSync(path, String(Number(readFileSync(path, "utf8")) + 1));
      });
    }
    process.exit();
    break;
  case "count-under-claude-lock": {
    const { claudeJsonLock, withClaudeLocks } = await import("../../src/lock/claude-locks.ts");
    for (let round = 0; round < Number(extra); round++) {
      await withClaudeLocks(
        [claudeJsonLock("home", path)],
        () => writeFileSync(path, String(Number(readFileSync(path, "utf8")) + 1)),
        { waitMs: 20_000 },
      );
    }
    process.exit();
    break;
  }
  case "claude-holds": {
    // As Claude Code does it: mkdir, touch, rmdir.
    mkdirSync(path);
    const touch = setInterval(() => utimesSync(path, new Date(), new Date()), 200);
    say("held");
    await Bun.stdin.text();
    clearInterval(touch);
    rmdirSync(path);
    process.exit();
    break;
  }
  case "claude-locks-under-nohup": {
    const { claudeJsonLock, withClaudeLocks } = await import("../../src/lock/claude-locks.ts");
    await withClaudeLocks([claudeJsonLock("home", path)], () => {});
    say("loaded");
    break;
  }
  case "exit-under-claude-lock": {
    const { claudeJsonLock, withClaudeLocks } = await import("../../src/lock/claude-locks.ts");
    await withClaudeLocks([claudeJsonLock("home", path)], () => process.exit(3));
    break;
  }
  default:
    throw new Error(`lock-child can't ${what}`);
}

for await (const _question of Bun.stdin.stream()) say("alive");
process.exit();

function say(line: string): void {
  writeFileSync(1, `${line}\n`);
}
