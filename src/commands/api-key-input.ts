import { ClauthError } from "../errors.ts";
import type { Input } from "../run/standard-input.ts";
import { decodeUtf8 } from "../utf8.ts";

/**
 * Reads an API key: hidden on a terminal, else the one line of standard input.
 * @throws ClauthError `api_key_invalid`, without the key
 */
export function readApiKey(input: Input): string {
  const text = input.isTerminal ? input.secret("API key (not shown): ") : decodeUtf8(input.all());
  const key = text?.trim() ?? "";
  // A control character would end the header that the key is sent in (trap 27).
  if (key !== "" && !/[\x00-\x20\x7f]/.test(key)) return key;
  throw new ClauthError({
    kind: "api_key_invalid",
    message: key === "" ? "there is no API key on standard input" : "that is not one API key alone",
    hint: "clauth add NAME --api-key < FILE, or type it on a terminal",
  });
}
