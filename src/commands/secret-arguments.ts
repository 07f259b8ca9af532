import { ClauthError } from "../errors.ts";
import { looksLikeSecret, looksLikeToken } from "../profile-name.ts";

/**
 * Stops a call that has a token or a key among its arguments: every process of the machine can read them, and the shell's
 * history keeps them. Nothing of it is echoed.
 * @param args those that are ours: what stands after `--` belongs to another program
 * @throws ClauthError `secret_in_arguments`
 */
export function refuseSecrets(args: readonly string[]): void {
  if (args.some((word) => word.startsWith("--api-key=") || looksLikeSecret(word) || looksLikeToken(word)))
    throw secretInArguments();
}

export function secretInArguments(): ClauthError {
  return new ClauthError({
    kind: "secret_in_arguments",
    message: "a token or key stands on the command line, where other programs and the shell's history see it",
    hint: "clauth add NAME --api-key asks for it, or reads it from standard input; revoke this one",
    exitCode: 2,
  });
}
