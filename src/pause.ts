/**
 * Sleeps for real, without a spin and without giving way to other code of this process. By the monotonic clock: Atomics.wait goes by
 * the wall clock (Bun 1.4.5), and where that is set back by hours it sleeps for hours.
 */
export function pause(milliseconds: number): void {
  Bun.sleepSync(Math.ceil(milliseconds));
}
