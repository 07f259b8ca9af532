import { isObject, parseJson } from "../json.ts";
import { readRegularFile } from "./read-file.ts";

/**
 * True for a document that is there and is no JSON object.
 * @throws as `readRegularFile`
 */
export function isDamaged(path: string): boolean {
  const content = readRegularFile(path);
  return content !== undefined && !isObject(parseJson(content.bytes));
}
