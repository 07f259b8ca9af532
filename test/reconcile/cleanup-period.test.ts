import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync } from "node:fs";
import { createProfileHome, put, read } from "./support/profile-home.ts";

/** Claude Code deletes transcripts that are older than `cleanupPeriodDays`, 30 where its settings don't say (trap 29). */
describe("a profile with settings of its own", () => {
  const OWN = { isolate: ["settings.json"] } as const;

  test("cleans up shared transcripts no sooner than the user's settings say", async () => {
    using box = createProfileHome(OWN);
    put(box.places.claude.settings, { cleanupPeriodDays: 3650, theme: "dark" });
    box.open(OWN);
    expect(read(box.places.treeSettings)).toEqual({ cleanupPeriodDays: 3650 });
    await box.final();
    put(box.places.claude.settings, { cleanupPeriodDays: 7 });
    box.open(OWN);
    expect(read(box.places.treeSettings)).toEqual({ cleanupPeriodDays: 7 });
  });

  test.each<[string, (settings: string) => unknown]>([
    ["are damaged", (settings) => put(settings, "{")],
    ["can't be read", (settings) => [rmSync(settings), mkdirSync(settings)]],
  ])("keeps that where the user's settings %s", (_name, spoil) => {
    using box = createProfileHome(OWN);
    put(box.places.claude.settings, { cleanupPeriodDays: 3650 });
    box.open(OWN);
    spoil(box.places.claude.settings);
    box.open(OWN);
    expect(read(box.places.treeSettings)).toEqual({ cleanupPeriodDays: 3650 });
  });

  test("has Claude Code's default where the user has it too, or where nothing is shared", () => {
    using plain = createProfileHome(OWN);
    put(plain.places.claude.settings, { theme: "dark" });
    plain.open(OWN);
    expect(read(plain.places.treeSettings)).toEqual({});

    using apart = createProfileHome({ isolate: "all" });
    put(apart.places.claude.settings, { cleanupPeriodDays: 3650 });
    apart.open({ isolate: "all" });
    expect(read(apart.places.treeSettings)).toEqual({});
  });
});

test("a profile that shares its settings has the user's number like any other key", () => {
  using box = createProfileHome();
  put(box.places.claude.settings, { cleanupPeriodDays: 3650 });
  box.open();
  expect(read(box.places.treeSettings)).toEqual({ cleanupPeriodDays: 3650 });
});
