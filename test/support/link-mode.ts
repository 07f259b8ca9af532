import { test } from "bun:test";
import { forcedLinkMode, type LinkMode } from "../../src/tree/link-mode.ts";

/** The mode in which this run tests every tree: `CLAUTH_LINK_MODE`, as a user forces it. */
export const LINK_MODE: LinkMode = forcedLinkMode(process.env) ?? "symlink";

/** What a shim is started with for the same. */
export const LINK_MODE_ENV: { readonly CLAUTH_LINK_MODE?: string } =
  LINK_MODE === "symlink" ? {} : { CLAUTH_LINK_MODE: LINK_MODE };

/** For what is true of symlinks alone. */
export const testWithSymlinks = test.skipIf(LINK_MODE !== "symlink");
