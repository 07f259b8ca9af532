import { afterEach, expect, spyOn, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fillTree } from "../../src/session/fill-tree.ts";
import { openSession } from "../../src/session/open.ts";
import { releaseRecord } from "../../src/session/record.ts";
import { put } from "../reconcile/support/profile-home.ts";
import { createLoggedIn } from "./support/sessions.ts";

afterEach(() => spyOn(performance, "now").mockRestore());

test.each([
  ["a first copy that takes long says so, in one line", { terminal: true, secondsEach: 1, lines: 1 }],
  ["one that does not says nothing", { terminal: true, secondsEach: 0, lines: 0 }],
  ["nor does one that no terminal would show", { terminal: false, secondsEach: 1, lines: 0 }],
])("%s", (_, { terminal, secondsEach, lines }) => {
  using box = createLoggedIn();
  const { home, places, reconciled, store } = box;
  for (let file = 0; file < 20; file++) put(join(places.claude.root, `agents/${file}.md`), `agent ${file}`);
  const request = { store, name: places.profile, config: reconciled.config, overlay: {} };
  const session = openSession(
    { home, cwd: "/project", env: { CLAUTH_LINK_MODE: "copy" }, executable: process.execPath },
    request,
  );
  let now = 0;
  spyOn(performance, "now").mockImplementation(() => {
    now += secondsEach * 1000;
    return now;
  });
  const said: string[] = [];
  const stderr = { isTerminal: terminal, write: (text: string) => void said.push(text) };
  fillTree(session, { env: {}, stderr });
  releaseRecord(session.record);
  expect(existsSync(join(places.paths.runtime, "agents/19.md"))).toBe(true);
  expect(said).toHaveLength(lines);
  for (const line of said)
    expect(line).toMatch(
      /^clauth: copying ~\/\.claude for profile "work": \d+ files so far; later starts carry what changed\n$/,
    );
});
