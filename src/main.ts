import { isCalled, wordWeWereCalledBy } from "./called-as.ts";
import { passThrough } from "./pass-through.ts";

/**
 * The one executable: called as `clauth` it is the command that manages profiles, by any other name it is `claude`. What a call that no
 * profile concerns does not need is not loaded for it, nor what a call under a plain profile at rest does not need.
 */
passThrough();
const isCommand = isCalled("clauth", { calledAs: wordWeWereCalledBy() });
const { enter } = await (isCommand ? import("./clauth.ts") : import("./plain-call.ts"));
await enter();
