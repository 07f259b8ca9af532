import { ptr } from "bun:ffi";
import { listDirectory } from "../disk/directory.ts";
import { readLink } from "../disk/links.ts";
import { once, openLibc } from "../libc.ts";

/**
 * Makes the end of this process wait for no watch. The last close of an inotify descriptor waits in the kernel until no
 * processor can be inside one of its watches: 4 to 20 ms (Linux 6.18), in which a shell would wait for us with its prompt. Called
 * when the watches stand; where the process dies by a signal, and where the kernel refuses, it waits as ever.
 */
export const closeWatchesBehindUs = once(() => {
  if (process.platform !== "linux") return;
  const leave = prepareToLeave(inotifyDescriptors());
  if (leave !== undefined) process.on("exit", leave);
});

function inotifyDescriptors(): readonly number[] {
  const directory = "/proc/self/fd";
  return listDirectory(directory)
    .filter((name) => readLink(`${directory}/${name}`) === "anon_inode:inotify")
    .map(Number);
}

/**
 * Prepares one call that puts descriptors on their way through a socket which is on its way through itself. Once this process
 * is gone nobody can receive them, and the kernel's collector of such sockets closes them (unix(7), SCM_RIGHTS): in a thread
 * of its own since Linux 6.9, as part of our end before.
 */
function prepareToLeave(descriptors: readonly number[]): (() => void) | undefined {
  const { socketpair, sendmsg } = openLibc({
    socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
    sendmsg: { args: ["i32", "ptr", "i32"], returns: "i64" },
  }).symbols;
  const pair = new Int32Array(2);
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ptr(pair)) !== 0) return undefined;
  // An exit closes descriptors in their order. The last one's close wakes the collector: by then nothing else may hold the other.
  const [receiver = -1, sender = -1] = pair.toSorted();
  const message = messageWith([...descriptors, receiver]);
  return () => void sendmsg(sender, ptr(message), 0);
}

/** A `struct msghdr` of 64-bit Linux, behind it its `struct iovec` of one byte and its `struct cmsghdr`, which both name by address. */
function messageWith(descriptors: readonly number[]): BigUint64Array {
  const control = CONTROL_HEADER + 4 * descriptors.length;
  const buffer = new ArrayBuffer(CONTROL + Math.ceil(control / 8) * 8);
  const message = new BigUint64Array(buffer);
  const at = ptr(message);
  message.set([0, 0, at + VECTOR, 1, at + CONTROL, control, 0, at, 1].map(BigInt));
  new Int32Array(buffer, CONTROL).set([control, 0, SOL_SOCKET, SCM_RIGHTS, ...descriptors]);
  return message;
}

const VECTOR = 56;
const CONTROL = 72;
const CONTROL_HEADER = 16;

// The same numbers on x64 and arm64.
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
