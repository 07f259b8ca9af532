import { writeFileSync } from "node:fs";
import { measure, median, runOnce } from "../measure.ts";
import { type Bench, callOf, type Section, section } from "../section.ts";
import { makeUser, USUAL } from "../user.ts";

/** With nothing of the programs in memory; needs root. */
export function coldCache(bench: Bench): Section | undefined {
  const { programs } = bench;
  const drop = () => {
    Bun.spawnSync(["sync"]);
    writeFileSync("/proc/sys/vm/drop_caches", "3");
  };
  try {
    drop();
  } catch {
    return undefined;
  }
  const user = makeUser(USUAL);
  const call = callOf(bench, user);
  runOnce(call("warm up", [programs.shim], { CLAUTH_PROFILE: "work" }));
  const cases = [
    call("direct", [programs.claude]),
    call("empty compiled Bun program", [programs.empty]),
    call("**passthrough**", [programs.shim]),
    call("**managed**", [programs.shim], { CLAUTH_PROFILE: "work" }),
  ];
  const samples = measure(
    cases.map((one) => ({ ...one, before: drop })),
    7,
  );
  user.close();
  const rows = cases.map(({ name }) => [name, median(samples.get(name)?.wall ?? [])]);
  return section("Cold page cache (7 rounds)", ["ms", "median"], rows, samples);
}
