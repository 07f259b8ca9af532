import { errnoOf } from "../errors.ts";
import { pause } from "../pause.ts";

/**
 * Does something that is refused while another program has the file open: scanners and indexers of Windows, and of a file
 * server that runs it, hold one for a moment. Tried for about 750 ms of real sleep in all.
 */
export function patiently<T>(act: () => T, passing: readonly string[] = REFUSED): T {
  for (const milliseconds of [5, 10, 20, 40, 80, 160, 200, 235]) {
    try {
      return act();
    } catch (cause) {
      if (!passing.includes(errnoOf(cause) ?? "")) throw cause;
      pause(milliseconds);
    }
  }
  return act();
}

const REFUSED = ["EPERM", "EBUSY", "EACCES"];
