import { expect, setDefaultTimeout, test } from "bun:test";
import { isObject, ownValue, parseJson } from "../../src/json.ts";
import { fakeSteps } from "../support/fake-claude.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import type { Finished } from "../support/sandbox.ts";

setDefaultTimeout(60_000);

test("ten operations on one profile at the same moment succeed, or fail with an error that may be tried again", async () => {
  using box = createFakeSandbox();
  const env = { CLAUTH_PROFILE: "work", CLAUTH_ERROR_FORMAT: "json" };
  const edit = (index: number) => fakeSteps({ do: "set", key: `edited${index}`, value: index });
  const calls: readonly (readonly string[])[] = [
    ...Array.from({ length: 4 }, () => ["claude"]),
    ["clauth", "sync", "work"],
    ["clauth", "sync", "work"],
    ["clauth", "sessions", "--json"],
    ["clauth", "backups", "work", "--json"],
    ["clauth", "list", "--json"],
    ["clauth", "global", "work"],
  ];
  for (let round = 0; round < 3; round++) {
    const started = calls.map((call, index) => box.run(call, { env: { ...env, ...edit(index) } }));
    for (const [index, finished] of (await Promise.all(started)).entries()) {
      expect({ call: calls[index], ...verdict(finished) }).toEqual({
        call: calls[index] ?? [],
        good: true,
        stderr: "",
      });
    }
  }
  await box.call([], { profile: "work" });
  expect(box.json(".claude.json")).toMatchObject({ edited0: 0, edited1: 1, edited2: 2, edited3: 3 });
});

function verdict({ code, stderr }: Finished): { good: boolean; stderr: string } {
  if (code === 0) return { good: true, stderr: "" };
  const answers = stderr.split("\n").map((line) => parseJson(new TextEncoder().encode(line)));
  const error = answers.flatMap((one) => (isObject(one) ? [ownValue(one, "error")] : [])).at(-1);
  const good = isObject(error) && ownValue(error, "retry_safe") === true && ownValue(error, "hint") !== null;
  return good ? { good, stderr: "" } : { good, stderr };
}
