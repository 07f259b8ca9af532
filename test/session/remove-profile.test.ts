import { afterEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { createDesk } from "../cli/call.ts";

afterEach(() => testOnlyArmCheckpoints(undefined));

test("killed before the move the profile is as it was, and can be removed again", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  testOnlyArmCheckpoints((name) => {
    if (name === "remove:unlisted") throw new Error("killed");
  });
  expect((await desk.clauth(["remove", "work"])).code).toBe(1);
  testOnlyArmCheckpoints(undefined);
  expect((await desk.clauth(["list"])).stdout).toMatch(/work .*renews in/);
  expect((await desk.clauth(["remove", "work"])).code).toBe(0);
  expect(existsSync(desk.profile("work", "."))).toBe(false);
});
