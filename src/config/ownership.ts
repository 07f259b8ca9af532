/**
 * Why a file that steers the choice of an account must not be believed, or undefined where it may: another user
 * than `uid` or root owns it, or everybody may write to it. Windows has neither; the profile's ACL stands there.
 */
export function complaintAboutOwner(
  stat: { readonly uid: number; readonly mode: number },
  uid: number | undefined = currentUid(),
): string | undefined {
  if (uid === undefined) return undefined;
  if (stat.uid !== uid && stat.uid !== 0) return "belongs to another user";
  if ((stat.mode & OTHERS_WRITE) !== 0) return "can be written by everybody";
  return undefined;
}

const OTHERS_WRITE = 0o002;

/** The user that files are checked against; undefined on Windows. */
export function currentUid(): number | undefined {
  return process.geteuid?.();
}
