import { type Bench, type Section, section } from "../section.ts";
import { makeUser, USUAL } from "../user.ts";
import { startWaiting, watchIdle } from "../waiting.ts";

/** Nothing happens: what waiting costs. */
export async function idle(bench: Bench): Promise<Section> {
  const { programs } = bench;
  const user = makeUser(USUAL);
  const waits = [
    { name: "Bun program that only waits", parent: programs.wait, env: {} },
    { name: "**shim**, the profile's first session", parent: programs.shim, env: { CLAUTH_PROFILE: "work" } },
    { name: "**shim**, its second session", parent: programs.shim, env: { CLAUTH_PROFILE: "work" } },
  ].map(({ name, parent, env }) => ({ name, waiting: startWaiting(programs, parent, user, env) }));
  // Until the watches are armed and the first pass is over.
  await Bun.sleep(2000);
  const usages = await watchIdle(
    waits.map(({ waiting }) => waiting.pid),
    15,
  );
  for (const { waiting } of waits) await waiting.end();
  user.close();
  const rows = waits.map(({ name }, index) => [
    name,
    usages[index]?.cpuMsPerSecond ?? Number.NaN,
    usages[index]?.wakeUpsPerSecond ?? Number.NaN,
    usages[index]?.residentMb ?? Number.NaN,
    usages[index]?.privateMb ?? Number.NaN,
  ]);
  return section(
    "Waiting for 15 s",
    ["", "CPU ms/s", "wake-ups/s", "RSS MB", "private dirty MB"],
    rows,
    usages,
  );
}
