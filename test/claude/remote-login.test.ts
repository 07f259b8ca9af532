import { expect, test } from "bun:test";
import { describeClaude, type Lab } from "../support/claude-lab.ts";

describeClaude("the files of a remote container", (openLab) => {
  for (const file of [".oauth_token", ".api_key"]) {
    test(`${file} beats a login, so a profile's start stops; an API key of the profile wins over it`, async () => {
      await using lab = await openLab();
      lab.addProfile("work", { account: "W" });
      lab.addProfile("client", undefined, 'api_key = "sk-ant-api03-fakeClient"\n');
      await putRemoteLogin(lab, file);

      expect(await lab.run([lab.claude, "-p", "direct"])).toMatchObject({ code: 0 });
      expect(await lab.network.tokensFor("direct")).toEqual(["sk-ant-fakeRemote"]);

      const refused = await lab.run(["claude", "-p", "hello"], { env: { CLAUTH_PROFILE: "work" } });
      expect(refused).toMatchObject({ code: 125, stdout: "" });
      expect(refused.stderr).toContain(`/home/claude/.claude/remote/${file} holds a login`);
      expect(await lab.network.tokensFor("hello")).toEqual([]);
      for (const verb of ["which", "doctor"]) {
        const { stdout } = await lab.run(["clauth", verb], { env: { CLAUTH_PROFILE: "work" } });
        expect(stdout).toContain(`/home/claude/.claude/remote/${file} holds a login`);
      }

      const client = await lab.run(["claude", "-p", "key"], { env: { CLAUTH_PROFILE: "client" } });
      expect(client.code).toBe(0);
      expect(await lab.network.tokensFor("key")).toEqual(["sk-ant-api03-fakeClient"]);
    });
  }
});

/** In the lab's own mount namespace; what is below /home stays there. */
async function putRemoteLogin(lab: Lab, file: string): Promise<void> {
  const script = `set -e
    homes=$TMPDIR/homes; mkdir "$homes"; mount --rbind /home "$homes"; mount -t tmpfs none /home
    for home in "$homes"/*; do mkdir "/home/\${home##*/}"; mount --rbind "$home" "/home/\${home##*/}"; done
    mkdir -p /home/claude/.claude/remote; printf sk-ant-fakeRemote >/home/claude/.claude/remote/${file}`;
  expect(await lab.run(["sh", "-c", script])).toMatchObject({ code: 0, stderr: "" });
}
