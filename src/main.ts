import { isCalled, wordWeWereCalledBy } from "./called-as.ts";
import { passThrough } from "./pass-through.ts";

/**
 * The one executable: called as `clauth` it is the command that manages profiles, by any other name it is `claude`. What a call that no
 * profile concerns does not need is not loaded for it, nor what a call under a profile does not need that is named and at rest.
 */
passThrough();
const { enter } = isCalled("clauth", { calledAs: wordWeWereCalledBy() })
  ? await import("./clauth.ts")
  : await (process.env["CLAUTH_PROFILE"] ? import("./named-profile.ts") : import("./claude.ts"));
await enter();
