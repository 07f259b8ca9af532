import {
  AT_FDCWD,
  answer,
  answerAt,
  CALLS,
  constants,
  halves,
  inC,
  isLinux,
  latin1,
  O_CLOEXEC,
  systemCall,
} from "../fs/linux.ts";

/**
 * The descriptors beyond 2 that the caller left open for us, where all others are one epoll descriptor and one eventfd: those of Bun's
 * own event loop (Bun 1.4.5). Undefined where that is not so.
 */
export function handedOver(): readonly number[] | undefined {
  if (!isLinux) return undefined;
  const handed: number[] = [];
  let ofBun = "";
  for (const descriptor of openDescriptors()) {
    const link = inC(`/proc/self/fd/${descriptor}`);
    const length = systemCall(CALLS.readlinkat, AT_FDCWD, link, answerAt, answer.length);
    const target = latin1.decode(answer.subarray(0, Math.max(length, 0)));
    if (target.startsWith("anon_inode:[event")) ofBun += target;
    else handed.push(descriptor);
  }
  return ofBun === "anon_inode:[eventpoll]anon_inode:[eventfd]" ? handed : undefined;
}

/** Those beyond 2, but for the one that lists them. */
function openDescriptors(): readonly number[] {
  const flags = constants.O_DIRECTORY | O_CLOEXEC;
  const listing = systemCall(CALLS.openat, AT_FDCWD, inC("/proc/self/fd"), flags);
  const descriptors: number[] = [];
  for (;;) {
    const length = systemCall(CALLS.getdents64, listing, answerAt, answer.length);
    if (length <= 0) break;
    // One entry after the other: inode and offset (8 bytes each), length (2), kind (1), name and NUL (getdents(2)).
    const text = latin1.decode(answer.subarray(0, length));
    for (let at = 0; at < length; at += halves[(at + 16) / 2] ?? length) {
      const descriptor = Number(text.slice(at + 19, text.indexOf("\0", at + 19)));
      if (descriptor > 2 && descriptor !== listing) descriptors.push(descriptor);
    }
  }
  systemCall(CALLS.close, listing);
  return descriptors;
}
