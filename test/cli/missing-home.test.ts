import { expect, test } from "bun:test";
import { join } from "node:path";
import { createDesk } from "./call.ts";

test.each(["which", "which --json", "local", "doctor"])(
  "clauth %s with a HOME that does not exist is no bug of clauth",
  async (call) => {
    using desk = createDesk();
    desk.addProfile("work");
    desk.write("project/.clauthrc", "work\n");
    const env = { CLAUTH_HOME: desk.store, PATH: join(desk.home, "bin") };
    const { stdout, stderr } = await desk.clauth(call.split(" "), { home: join(desk.home, "gone"), env });
    expect(stderr + stdout).not.toContain("bug of clauth");
    expect(stdout).toContain("work");
  },
);
