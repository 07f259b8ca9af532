import fc from "fast-check";
import { isObject, type Json, type JsonObject, objectFrom, parseJson } from "../../src/json.ts";

/** Few keys and values, so that two random documents collide in every way; `__proto__` and inherited names among them. */
const keys = fc.constantFrom("a", "b", "projects", "mcpServers", "env", "__proto__", "constructor", "");

const scalars = fc.constantFrom<(null | boolean | number | string)[]>(null, true, 0, 1, "x", "y", "");

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalars,
    fc.array(scalars, { maxLength: 3 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(keys, tie("value")), { maxLength: 4 }).map(objectFrom),
  ),
}));

export const anyDocument: fc.Arbitrary<JsonObject> = fc
  .array(fc.tuple(keys, value), { maxLength: 5 })
  .map(objectFrom);

export const anySide = fc.constantFrom("home" as const, "tree" as const);

export const anyBase = fc.option(anyDocument, { nil: "void" as const });

/** An object from JSON text, where an object literal could not spell it. */
export function documentOf(text: string): JsonObject {
  const parsed = parseJson(new TextEncoder().encode(text));
  if (!isObject(parsed)) throw new Error(`not an object: ${text}`);
  return parsed;
}
