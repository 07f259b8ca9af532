import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeOf } from "../../src/paths.ts";
import { parseProfileConfig } from "../../src/profile/profile-config.ts";
import { parseProfileName } from "../../src/profile-name.ts";
import { finalize } from "../../src/session/finalize.ts";
import { openSession, type Session } from "../../src/session/open.ts";

let home: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "clauth-finalize-")));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function open(): Session {
  const name = parseProfileName("work");
  const config = parseProfileConfig("", "config.toml");
  return openSession({ home, cwd: home }, { store: storeOf({ env: {}, home }), name, config, overlay: {} });
}

/** What only the last one out may carry: a directory where the link would be. */
function makeDirectoryInTree({ places }: Session): void {
  mkdirSync(join(places.paths.runtime, "workflows"));
  writeFileSync(join(places.paths.runtime, "workflows", "w.md"), "a workflow");
}

function expectCarried({ places }: Session): void {
  expect(existsSync(join(places.claude.root, "workflows", "w.md"))).toBe(true);
  expect(lstatSync(join(places.paths.runtime, "workflows")).isSymbolicLink()).toBe(true);
  expect(readdirSync(places.paths.sessions)).toEqual([]);
}

test("of two sessions that end at the same time one carries what only the last may carry", async () => {
  const [a, b] = [open(), open()];
  makeDirectoryInTree(a);
  await Promise.all([finalize(a, undefined), finalize(b, undefined)]);
  expectCarried(a);
});

test("a session that changed nothing carries what waited for its end since it was opened", async () => {
  const first = open();
  makeDirectoryInTree(first);
  const second = open();
  await finalize(first, undefined);
  expect(lstatSync(join(second.places.paths.runtime, "workflows")).isDirectory()).toBe(true);
  await finalize(second, undefined);
  expectCarried(second);
});

test("of two sessions the one that ends first leaves the tree to the other", async () => {
  const [a, b] = [open(), open()];
  await finalize(a, undefined);
  expect(readdirSync(b.places.paths.sessions)).toHaveLength(1);
  await finalize(b, undefined);
  expect(readdirSync(b.places.paths.sessions)).toEqual([]);
});
