import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { ClauthError } from "../errors.ts";
import { join } from "../path.ts";
import type { Store } from "../paths.ts";

/**
 * Refuses a store that has another tool's layout: npm's `@cloudomium/clauth` uses `~/.clauth` too. Before anything is
 * written there.
 * @throws ClauthError `foreign_store`
 */
export function refuseForeignStore(store: Pick<Store, "root">): void {
  const mark = join(store.root, "folders.json");
  if (attempt("look at", mark, () => disk.version(mark, true)) === undefined) return;
  throw new ClauthError({
    kind: "foreign_store",
    message: `${store.root} belongs to another tool named clauth: ${mark} is a file of its own`,
    hint: "set CLAUTH_HOME to another directory, or move the other tool's away",
    path: mark,
  });
}
