import { AT_FDCWD, answer, answerAt, CALLS, inC, isLinux, latin1, systemCall } from "../fs/linux.ts";
import { namesOf } from "../fs/names.ts";

/**
 * The descriptors beyond 2 that the caller left open for us, where all others are one epoll descriptor and one eventfd: those of Bun's
 * own event loop (Bun 1.4.5). Undefined where that is not so.
 */
export function handedOver(): readonly number[] | undefined {
  if (!isLinux) return undefined;
  const handed: number[] = [];
  let ofBun = "";
  for (const name of namesOf("/proc/self/fd") ?? []) {
    if (Number(name) <= 2) continue;
    const link = inC(`/proc/self/fd/${name}`);
    const length = systemCall(CALLS.readlinkat, AT_FDCWD, link, answerAt, answer.length);
    // The one that listed them is gone.
    if (length < 0) continue;
    const target = latin1.decode(answer.subarray(0, length));
    if (target.startsWith("anon_inode:[event")) ofBun += target;
    else handed.push(Number(name));
  }
  return ofBun === "anon_inode:[eventpoll]anon_inode:[eventfd]" ? handed : undefined;
}
