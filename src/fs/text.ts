import {
  AT_FDCWD,
  answer,
  answerAt,
  CALLS,
  constants,
  inC,
  isLinux,
  latin1Of,
  nodeFs,
  O_CLOEXEC,
  systemCall,
} from "./linux.ts";

/**
 * The text of a small file, a character for each byte; empty where it can't be read. By a few functions alone, since a start calls it
 * before all others that read.
 */
export function latin1TextSync(path: string): string {
  if (!isLinux) return textByNode(path);
  const descriptor = systemCall(CALLS.openat, AT_FDCWD, inC(path), O_CLOEXEC | constants.O_NONBLOCK);
  if (descriptor < 0) return "";
  let text = "";
  let count = 1;
  while (count > 0) {
    count = systemCall(CALLS.read, descriptor, answerAt, answer.length);
    if (count > 0) text += latin1Of(answer.subarray(0, count));
  }
  systemCall(CALLS.close, descriptor);
  return text;
}

function textByNode(path: string): string {
  try {
    return nodeFs().readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
