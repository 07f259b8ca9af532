import { rmSync } from "node:fs";
import { measure, median, quantile } from "../measure.ts";
import { peers } from "../peers.ts";
import { type Bench, callOf, type Headline, ratio, type Section, section } from "../section.ts";
import { addRule, makeUser, USUAL } from "../user.ts";

/** A direct start and what others put before it. "adds" is the median over that of the direct start. */
export function starts(bench: Bench): Section {
  const { programs, rounds } = bench;
  const empty = "empty compiled Bun program, alone";
  const user = makeUser(USUAL);
  const neighbour = makeUser(USUAL);
  const ruled = makeUser(USUAL);
  addRule(ruled);
  const call = callOf(bench, user);
  const cold = () => rmSync(user.runtime, { recursive: true, force: true });
  const cases = [
    call("direct", [programs.claude]),
    call("`exec` in a `sh` script", [programs.shell]),
    call(empty, [programs.empty]),
    call("Bun program that only becomes claude", [programs.become]),
    call("**bypass** (`CLAUTH_BYPASS=1`)", [programs.shim], { CLAUTH_BYPASS: "1" }),
    call("**passthrough** (no profile applies)", [programs.shim]),
    callOf(bench, ruled)("**passthrough**, beside a rule for elsewhere", [programs.shim]),
    call("Bun program that only waits beside claude", [programs.wait]),
    call("**managed**, warm tree", [programs.shim], { CLAUTH_PROFILE: "work" }),
    { ...call("**managed**, picked by a `.clauthrc`", [programs.shim]), cwd: user.picked },
    { ...call("**managed**, no tree yet", [programs.shim], { CLAUTH_PROFILE: "work" }), before: cold },
    ...peers(bench, neighbour),
  ];
  const samples = measure(cases, rounds);
  user.close();
  neighbour.close();
  ruled.close();
  const of = (name: string) => median(samples.get(name)?.wall ?? []);
  const cpuOf = (name: string) => median(samples.get(name)?.cpu ?? []);
  const rows = cases.map(({ name }) => [
    name,
    of(name),
    quantile(samples.get(name)?.wall ?? [], 0.1),
    quantile(samples.get(name)?.wall ?? [], 0.9),
    cpuOf(name),
    of(name) - of("direct"),
    ratio(of(name) - of("direct"), of(empty)),
    ratio(cpuOf(name) - cpuOf("direct"), cpuOf(empty)),
  ]);
  const head = ["ms", "median", "p10", "p90", "CPU", "adds", "adds ÷ empty", "CPU adds ÷ empty"];
  const added = ([name, what]: readonly [string, string]): Headline => [what, of(name) - of("direct")];
  const headlines = ADDED.filter(([name]) => samples.has(name)).map(added);
  return { ...section("Starts", head, rows, samples), headlines };
}

/** Which cases the README tells of, and how. */
const ADDED = [
  ["empty compiled Bun program, alone", "an empty Bun program before a start, for comparison"],
  ["**passthrough** (no profile applies)", "added to a start where no profile applies"],
  ["**managed**, warm tree", "added to a start under a profile"],
  ["the Rust clauth, managed", "the same by the Rust clauth 0.5.2"],
  ["`ccs`, managed", "the same by ccs"],
] as const;
