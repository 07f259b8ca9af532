import { dirname } from "node:path";
import { type Case, measure, median } from "../measure.ts";
import { type Bench, callOf, type Section, section } from "../section.ts";
import { makeUser, USUAL } from "../user.ts";

/** Eight starts at once: until the last has ended, for each. */
export function concurrent(bench: Bench): Section {
  const { programs, rounds } = bench;
  const user = makeUser(USUAL);
  const eight = (name: string, argv: string, env: Readonly<Record<string, string>> = {}): Case => ({
    ...callOf(bench, user)(name, []),
    argv: ["/bin/sh", "-c", `for i in 1 2 3 4 5 6 7 8; do ${argv} & done; wait`],
    env: user.env(dirname(programs.claude), { REAL_CLAUDE: programs.claude, ...env }),
  });
  const cases = [
    eight("direct", programs.claude),
    eight("empty compiled Bun program", programs.empty),
    eight("**passthrough**", programs.shim),
    eight("**managed**, one profile", programs.shim, { CLAUTH_PROFILE: "work" }),
  ];
  const samples = measure(cases, Math.ceil(rounds / 2));
  user.close();
  const rows = cases.map(({ name }) => [name, median(samples.get(name)?.wall ?? []) / 8]);
  return section("Eight at once", ["ms for each", "median"], rows, samples);
}
