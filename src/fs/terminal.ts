import { answerAt, CALLS, isLinux, systemCall } from "./linux.ts";

/**
 * True where a descriptor is a terminal. Linux is asked as isatty(3) asks it, since `node:tty` brings `node:net` along and costs
 * 3 ms (measured on Bun 1.4.5).
 */
export function isTerminal(descriptor: number): boolean {
  return isLinux ? systemCall(CALLS.ioctl, descriptor, TCGETS, answerAt) === 0 : isTerminalByNode(descriptor);
}

/** The same number on x64 and arm64 (asm-generic/ioctls.h). */
const TCGETS = 0x5401;

function isTerminalByNode(descriptor: number): boolean {
  const tty: typeof import("node:tty") = require("node:tty");
  return tty.isatty(descriptor);
}
