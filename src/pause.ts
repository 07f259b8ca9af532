/** Sleeps for real, without a spin and without giving way to other code of this process. */
export function pause(milliseconds: number): void {
  Atomics.wait(neverNotified, 0, 0, milliseconds);
}

const neverNotified = new Int32Array(new SharedArrayBuffer(4));
