import { measure, median } from "../measure.ts";
import { type Bench, callOf, ratio, type Section, section } from "../section.ts";
import { makeUser, type Size, USUAL } from "../user.ts";

/** The same start with more in `~/.claude` and in `.claude.json`. */
export function sizes(bench: Bench): Section {
  const { programs, rounds } = bench;
  const given: readonly [string, Size][] = [
    ["10 entries in `~/.claude`", { ...USUAL, entries: 10 }],
    ["60 entries", USUAL],
    ["600 entries", { ...USUAL, entries: 600 }],
    ["60 entries, 10,000 files below", { ...USUAL, files: 10_000 }],
    ["60 entries, 100,000 files below", { ...USUAL, files: 100_000 }],
    ["60 entries, `.claude.json` of 1 MB", { ...USUAL, projects: 500 }],
  ];
  const users = given.map(([name, size]) => ({ name, user: makeUser(size) }));
  const cases = users.map(({ name, user }) =>
    callOf(bench, user)(name, [programs.shim], { CLAUTH_PROFILE: "work" }),
  );
  const samples = measure(cases, rounds);
  for (const { user } of users) user.close();
  const usual = median(samples.get("60 entries")?.wall ?? []);
  const rows = cases.map(({ name }) => {
    const value = median(samples.get(name)?.wall ?? []);
    return [name, value, ratio(value, usual)];
  });
  return section("Managed, warm, by size", ["ms", "median", "÷ 60 entries"], rows, samples);
}
