import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import { judgeCredentials } from "../merge/judge-credentials.ts";
import { quarantineFile } from "../quarantine.ts";
import type { Places } from "./places.ts";

/**
 * Finishes a token rotation that the Rust tool staged in `credentials.json.pending`: the server has spent the old token by
 * then, so a newer login there is adopted, and anything else set aside. The caller holds the rotation lock.
 */
export function adoptPending({ paths }: Places): void {
  const pending = readRegularFile(paths.pendingCredentials);
  if (pending === undefined) return;
  const canonical = readRegularFile(paths.credentials);
  const isNewer = canonical === undefined || pending.stat.mtimeNs >= canonical.stat.mtimeNs;
  if (isNewer && judgeCredentials(pending.bytes).login) {
    if (canonical !== undefined) quarantineFile(paths, "credentials-rotated", canonical.bytes);
    writeFileAtomic(paths.credentials, pending.bytes, {
      mode: 0o600,
      sync: true,
      expect: canonical ?? "absent",
    });
  } else quarantineFile(paths, "credentials-pending", pending.bytes);
  attempt("remove", paths.pendingCredentials, () => disk.unlink(paths.pendingCredentials));
}
