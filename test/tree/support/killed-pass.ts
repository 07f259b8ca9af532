import { testOnlyArmCheckpoints } from "../../../src/checkpoint.ts";
import { twoRootsIn } from "./two-roots.ts";

/** A program: runs one idle pass in the directory argv[2] and kills itself at checkpoint number argv[3]. */
const [base = "", killAt = "0"] = process.argv.slice(2);
let reached = 0;
testOnlyArmCheckpoints(() => {
  if (reached++ === Number(killAt)) process.kill(process.pid, "SIGKILL");
});
twoRootsIn(base).pass();
