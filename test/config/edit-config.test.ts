import { expect, test } from "bun:test";
import { existsSync, lstatSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { editConfig } from "../../src/config/edit-config.ts";
import { setTopLevel } from "../../src/config/edit-toml.ts";

function makeStore() {
  const root = mkdtempSync(join(tmpdir(), "clauth-edit-"));
  return { config: join(root, "clauth.toml"), lock: join(root, ".lock") };
}

test("makes the file where it is missing, for its owner alone, and not for nothing", async () => {
  const store = makeStore();
  expect(await editConfig(store, (text) => setTopLevel(text, "default", undefined))).toBe("unchanged");
  expect(existsSync(store.config)).toBe(false);
  expect(await editConfig(store, (text) => setTopLevel(text, "default", "work"))).toBe("written");
  expect(lstatSync(store.config).mode & 0o777).toBe(0o600);
});

test("keeps a byte order mark, and writes through a link to a dotfiles repository", async () => {
  const store = makeStore();
  const dotfile = join(store.config, "..", "dotfile");
  writeFileSync(dotfile, "\uFEFF# mine\n", { mode: 0o644 });
  symlinkSync(dotfile, store.config);
  await editConfig(store, (text) => setTopLevel(text, "quiet", true));
  expect(lstatSync(store.config).isSymbolicLink()).toBe(true);
  expect(readFileSync(dotfile, "utf8")).toBe("\uFEFF# mine\nquiet = true\n");
});

test("an edit that is refused changes nothing", async () => {
  const store = makeStore();
  writeFileSync(store.config, "oops\n", { mode: 0o600 });
  await expect(editConfig(store, () => "")).rejects.toMatchObject({ kind: "config_invalid" });
  expect(readFileSync(store.config, "utf8")).toBe("oops\n");
});
