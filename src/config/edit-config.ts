import { readRegularFile } from "../disk/read-file.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import { withStateLock } from "../lock/store-lock.ts";
import type { Store } from "../paths.ts";
import { readConfig } from "./config.ts";

/**
 * Edits `clauth.toml` under the state lock. A file that is not valid now is explained, never edited.
 * @param edit gets the text, "" where there is no file, with its byte order mark where it has one
 * @throws ClauthError those of `readConfig`, `config_edit_refused`, `store_busy` (retry-safe)
 */
export async function editConfig(
  store: Pick<Store, "config" | "lock">,
  edit: (text: string) => string,
): Promise<"unchanged" | "written"> {
  await readConfig(store);
  return withStateLock(store, () => {
    const file = readRegularFile(store.config);
    const text = file === undefined ? "" : keepingMark.decode(file.bytes);
    const edited = edit(text);
    if (edited === text) return "unchanged";
    return writeFileAtomic(store.config, new TextEncoder().encode(edited), {
      expect: file ?? "absent",
      keepMode: true,
      sync: true,
    });
  });
}

const keepingMark = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
