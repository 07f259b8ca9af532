import { measure, median, quantile } from "../measure.ts";
import { type Bench, callOf, type Section, section } from "../section.ts";
import { makeUser, USUAL } from "../user.ts";

/** What people type, and what a prompt and a status line ask for all the time. */
export function verbs(bench: Bench): Section {
  const { programs, rounds } = bench;
  const empty = "empty compiled Bun program";
  const user = makeUser(USUAL);
  const call = callOf(bench, user);
  const verb = (words: string) =>
    call(`\`clauth ${words}\``, [programs.clauth, ...words.split(" ")], { CLAUTH_PROFILE: "work" });
  const words = ["current", "statusline", "--version", "which", "list", "sessions", "backups", "rule list"];
  const cases = [call(empty, [programs.empty]), ...words.map(verb)];
  const samples = measure(cases, rounds);
  user.close();
  const of = (name: string) => median(samples.get(name)?.wall ?? []);
  const rows = cases.map(({ name }) => [
    name,
    of(name),
    quantile(samples.get(name)?.wall ?? [], 0.1),
    of(name) - of(empty),
  ]);
  return section("`clauth`", ["ms", "median", "p10", "over the empty program"], rows, samples);
}
