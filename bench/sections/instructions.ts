import { instructionsOf } from "../callgrind.ts";
import { runOnce } from "../measure.ts";
import { type Bench, callOf, ratio, type Section, section } from "../section.ts";
import { makeUser, USUAL } from "../user.ts";

export function instructions(bench: Bench): Section | undefined {
  const { programs } = bench;
  const user = makeUser(USUAL);
  const call = callOf(bench, user);
  const empty = call("empty compiled Bun program, to its end", [programs.empty]);
  const managed = call("**managed**, warm tree", [programs.shim], { CLAUTH_PROFILE: "work" });
  const cases = [
    empty,
    call("Bun program that only becomes claude", [programs.become]),
    call("**bypass**", [programs.shim], { CLAUTH_BYPASS: "1" }),
    call("**passthrough**", [programs.shim]),
    managed,
  ];
  runOnce(managed);
  const counts = cases.map((one) => ({ name: one.name, count: instructionsOf(one) ?? Number.NaN }));
  user.close();
  const floor = counts[0]?.count ?? Number.NaN;
  if (Number.isNaN(floor)) return undefined;
  const rows = counts.map(({ name, count }) => [name, count / 1e6, ratio(count, floor)]);
  return section("Instructions until claude is started", ["millions", "", "÷ empty"], rows, counts);
}
