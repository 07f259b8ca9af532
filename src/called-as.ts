import { basename } from "./path.ts";

/** The word that we were called by. A compiled program has it as argv[0]; run from source that is Bun's, and it is the shim. */
export function wordWeWereCalledBy(): string {
  return isCompiled() ? process.argv0 : "claude";
}

/** A compiled program finds its own source in a file system of Bun's making. */
export function isCompiled(): boolean {
  const script = process.argv[1] ?? "";
  return script.startsWith("/$bunfs/") || script.startsWith("B:/~BUN/") || script.startsWith("B:\\~BUN\\");
}

/** Whether the user typed this name, with or without a directory and `.exe`. */
export function isCalled(name: "claude" | "clauth", { calledAs }: { readonly calledAs: string }): boolean {
  const word = basename(calledAs).toLowerCase();
  return word === name || word === `${name}.exe`;
}
