import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Case, runOnce } from "./measure.ts";
import { type Bench, callOf } from "./section.ts";
import type { User } from "./user.ts";

/**
 * Others that start claude under a profile, where they are on PATH and succeed with a user of their own: `ccs` (npm's
 * @kaitranntt/ccs), `clauth-rs` (the Rust clauth, under another name than ours). The trial is their first start, which makes what
 * later ones find.
 */
export function peers(bench: Bench, user: User): Case[] {
  const settings = join(user.home, ".ccs", "work.settings.json");
  mkdirSync(dirname(settings));
  writeFileSync(settings, JSON.stringify({ env: { ANTHROPIC_BASE_URL: "http://localhost:1" } }));
  const config = JSON.stringify({ profiles: { work: settings } });
  writeFileSync(join(dirname(settings), "config.json"), config);
  const call = callOf(bench, user);
  const all = [
    call("`ccs`, managed", ["ccs", "work"]),
    call("the Rust clauth, managed", ["clauth-rs", "start", "work"]),
  ];
  return all.flatMap(({ argv: [name = "", ...args], ...rest }) => {
    const program = Bun.which(name);
    const one = { ...rest, argv: [program ?? name, ...args] };
    return program !== null && succeeds(one) ? [one] : [];
  });
}

function succeeds(one: Case): boolean {
  try {
    runOnce(one);
    return true;
  } catch {
    return false;
  }
}
