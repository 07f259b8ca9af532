import { resolve } from "node:path";
import type { Context } from "../context.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { judgeCredentials } from "../merge/judge-credentials.ts";
import { claudeHomeOf, type Store } from "../paths.ts";
import type { Input } from "../run/standard-input.ts";
import { allTokenHolders, refreshTokenOf } from "../session/token-holders.ts";

/**
 * Reads a login to take over. The bytes are carried as they are; a token that a profile or `~/.claude` holds is refused, because
 * the first refresh in one place would end it in the other.
 * @param file a path, or `-` for standard input
 * @throws ClauthError `import_not_found`, `import_invalid`, `shared_chain`
 */
export async function readImport(
  context: Pick<Context, "cwd" | "env" | "home" | "platform">,
  store: Store,
  file: string,
  input: Input,
): Promise<{ bytes: Uint8Array; source: string }> {
  const path = resolve(context.cwd, file);
  const source = file === "-" ? "standard input" : path;
  const bytes = file === "-" ? input.all() : readRegularFile(path, { maxBytes: 1024 * 1024 })?.bytes;
  if (bytes === undefined) {
    throw new ClauthError({
      kind: "import_not_found",
      message: `there is no file or directory ${path}`,
      hint: "clauth import shows what was found on this machine",
      path,
    });
  }
  if (!judgeCredentials(bytes).login) {
    throw new ClauthError({
      kind: "import_invalid",
      message: `${source} holds no login of Claude Code`,
      hint: "a .credentials.json has claudeAiOauth with its tokens",
    });
  }
  const token = refreshTokenOf(bytes);
  const holder = (await allTokenHolders(context, store)).find((known) => known.token === token);
  if (holder === undefined) return { bytes, source };
  const isHome = holder.owner === claudeHomeOf(context.home).root;
  throw new ClauthError({
    kind: "shared_chain",
    message: `${holder.path} holds this very login: a refresh in one place would end it in the other`,
    hint: isHome
      ? "clauth add NAME --home, or clauth add NAME --login"
      : `clauth rename ${holder.owner} NAME`,
    path: holder.path,
  });
}
