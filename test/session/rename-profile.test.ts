import { afterEach, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { createDesk } from "../cli/call.ts";

afterEach(() => testOnlyArmCheckpoints(undefined));

test.each(["rename:listed", "rename:moved"])(
  "killed at %s the login is there, and the store works",
  async (point) => {
    using desk = createDesk();
    desk.addProfile("work", { account: "W" });
    desk.addProfile("other");
    testOnlyArmCheckpoints((name) => {
      if (name === point) throw new Error("killed");
    });
    expect((await desk.clauth(["rename", "work", "client"])).code).toBe(1);
    testOnlyArmCheckpoints(undefined);

    const [name = ""] = readdirSync(join(desk.store, "profiles")).filter((entry) => entry !== "other");
    expect((await desk.clauth(["list"])).stdout).toMatch(new RegExp(`${name} .*renews in`));
    if (name === "work") expect((await desk.clauth(["rename", "work", "client"])).code).toBe(0);
    expect(existsSync(desk.profile("client", "credentials.json"))).toBe(true);
    expect((await desk.clauth(["__complete", "--", "remove", ""])).stdout).toBe(
      "client\tprofile\nother\tprofile\n",
    );
  },
);
