import { glance } from "../fs/glance.ts";
import { linkText } from "../fs/link-text.ts";
import { CALLS, isLinux, systemCall } from "../fs/linux.ts";
import { namesOf } from "../fs/names.ts";

/**
 * The descriptors beyond 2 that the caller left open for us, where all others are one epoll descriptor and one eventfd: those of Bun's
 * own event loop (Bun 1.4.5). Undefined where that is not so.
 */
export function handedOver(): readonly number[] | undefined {
  if (!isLinux) return undefined;
  if (areFive()) return [];
  const handed: number[] = [];
  let ofBun = "";
  for (const name of namesOf(DIRECTORY) ?? []) {
    if (Number(name) <= 2) continue;
    const target = linkText(`${DIRECTORY}/${name}`);
    // The one that listed them is gone.
    if (target === undefined) continue;
    if (target.startsWith("anon_inode:[event")) ofBun += target;
    else handed.push(Number(name));
  }
  return ofBun === EVENTPOLL + EVENTFD ? handed : undefined;
}

/** Those that every Bun program has, by a short way: since Linux 6.2 the size of the directory is the number of its entries. */
function areFive(): boolean {
  if (glance(DIRECTORY)?.size !== 5) return false;
  if (linkText(`${DIRECTORY}/3`) !== EVENTPOLL || linkText(`${DIRECTORY}/4`) !== EVENTFD) return false;
  for (const standard of [0, 1, 2]) if (systemCall(CALLS.fcntl, standard, F_GETFD) < 0) return false;
  return true;
}

const DIRECTORY = "/proc/self/fd";
const EVENTPOLL = "anon_inode:[eventpoll]";
const EVENTFD = "anon_inode:[eventfd]";
const F_GETFD = 1;
