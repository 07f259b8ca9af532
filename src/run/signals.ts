/** Linux numbers, the same on every architecture that Bun runs on. */
export const SIGPIPE = 13;
export const SIGXFSZ = 25;

/** Bun ignores them at start, and an exec would hand that on. */
export const IGNORED_BY_BUN = [SIGPIPE, SIGXFSZ] as const;
