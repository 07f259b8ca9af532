/**
 * Named points at which a crash test kills the process. Off unless a test's preload arms it: the shipped
 * executable has no switch for it.
 */
export type Checkpoint = (name: string) => void;

let reached: Checkpoint | undefined;

/** Says that this point was reached. Costs nothing unless a test armed it. */
export function checkpoint(name: string): void {
  reached?.(name);
}

/** For tests: calls `listener` at every checkpoint from now on. */
export function testOnlyArmCheckpoints(listener: Checkpoint | undefined): void {
  reached = listener;
}
