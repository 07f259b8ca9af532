import { DIRECTORY, glance, REGULAR_FILE } from "../fs/glance.ts";
import { AT_SYMLINK_NOFOLLOW, ENOENT, errno } from "../fs/linux.ts";

/** A file or directory of ours that has to be its user's alone. */
export type Place = { readonly path: string; readonly kind: "root" | "directory" | "file" };

export function placesInStore(root: string): readonly Place[] {
  return [
    { path: root, kind: "root" },
    { path: `${root}/profiles`, kind: "directory" },
    { path: `${root}/rotation-locks`, kind: "directory" },
    { path: `${root}/log`, kind: "directory" },
    { path: `${root}/clauth.toml`, kind: "file" },
    { path: `${root}/profiles.toml`, kind: "file" },
    { path: `${root}/.lock`, kind: "file" },
    { path: `${root}/log/clauth.log`, kind: "file" },
    { path: `${root}/trust.json`, kind: "file" },
  ];
}

export function placesInProfile(root: string): readonly Place[] {
  return [
    { path: root, kind: "directory" },
    { path: `${root}/base`, kind: "directory" },
    { path: `${root}/backups`, kind: "directory" },
    { path: `${root}/runtime`, kind: "directory" },
    { path: `${root}/sessions`, kind: "directory" },
    { path: `${root}/config.toml`, kind: "file" },
    { path: `${root}/credentials.json`, kind: "file" },
    { path: `${root}/credentials.json.pending`, kind: "file" },
    { path: `${root}/account.json`, kind: "file" },
    { path: `${root}/backups/conflicts.jsonl`, kind: "file" },
  ];
}

/**
 * True where each of them is missing, or of its kind, no link, its user's and open to nobody else, a directory fully to its user: then
 * there is nothing to say of them. False too where that can't be seen.
 */
export function areTight(places: readonly Place[], user: number): boolean {
  for (const { path, kind } of places) {
    const seen = glance(path, AT_SYMLINK_NOFOLLOW);
    if (seen === undefined) {
      if (errno() !== ENOENT) return false;
    } else {
      const isFile = kind === "file";
      const isOfItsKind = seen.kind === (isFile ? REGULAR_FILE : DIRECTORY);
      const isTight = isFile ? (seen.mode & 0o077) === 0 : (seen.mode & 0o777) === 0o700;
      if (!isOfItsKind || !isTight || seen.uid !== user) return false;
    }
  }
  return true;
}
