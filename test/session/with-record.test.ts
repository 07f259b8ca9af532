import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { listRecords } from "../../src/session/record.ts";
import { withRecord } from "../../src/session/with-record.ts";
import { createProfileHome, type ProfileHome } from "../reconcile/support/profile-home.ts";

let box: ProfileHome;
beforeEach(() => {
  box = createProfileHome();
});
afterEach(() => box[Symbol.dispose]());

const record = <T>(body: () => T | Promise<T>) => withRecord(box.store, box.places, "/project", body);

test("a profile is in use until what is done to it is done, however that ends", async () => {
  const { paths } = box.places;
  const during = await record(async () => {
    await Promise.resolve();
    return listRecords(paths).map(({ liveness }) => liveness);
  });
  expect(during).toEqual(["live"]);
  expect(readdirSync(paths.sessions)).toEqual([]);
  const failing = record(() => Promise.reject(new Error("disk full")));
  expect(await failing.catch(({ message }) => message)).toBe("disk full");
  expect(readdirSync(paths.sessions)).toEqual([]);
});

test("nothing is done to a profile that was moved away meanwhile, of which nothing comes back", async () => {
  const { root } = box.places.paths;
  rmSync(root, { recursive: true });
  let isDone = false;
  const vanished = record(() => {
    isDone = true;
  });
  expect(await vanished.catch((error: unknown) => error)).toMatchObject({ kind: "profile_vanished" });
  expect({ isDone, back: existsSync(root) }).toEqual({ isDone: false, back: false });
});
