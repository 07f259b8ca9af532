import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { equalJson, type Json, type JsonObject, objectFrom } from "../src/json.ts";
import { anyDocument, documentOf } from "./merge/documents.ts";

describe("equalJson", () => {
  test("is true for the same text with sorted keys, and for no other", () => {
    fc.assert(
      fc.property(anyDocument, anyDocument, (a, b) => {
        expect(equalJson(a, b)).toBe(sorted(a) === sorted(b));
      }),
    );
  });

  test("does not count the order of keys, at any depth", () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        expect(equalJson(document, reversed(document))).toBe(true);
      }),
    );
  });

  test.each([
    ['{"a":0}', '{"a":-0}', true],
    ['{"__proto__":{"a":1}}', '{"__proto__":{"a":2}}', false],
    ['{"__proto__":1}', "{}", false],
    ['{"toString":{}}', "{}", false],
    ['{"__proto__":[]}', '{"constructor":{}}', false],
    ['{"a":{"toString":{}}}', '{"a":{"constructor":{}}}', false],
    ['{"toJSON":1}', '{"toJSON":2}', false],
    ['{"a":null}', "{}", false],
    ['{"a":[1]}', '{"a":{"0":1}}', false],
    ['{"a":[]}', '{"a":{"length":0}}', false],
    ['{"a":[1,2]}', '{"a":[2,1]}', false],
  ])("%s and %s: %p", (a, b, equal) => {
    expect(equalJson(documentOf(a), documentOf(b))).toBe(equal);
    expect(equalJson(documentOf(b), documentOf(a))).toBe(equal);
  });
});

function sorted(value: Json): string {
  return JSON.stringify(value, (_, inner: Json) => (isPlain(inner) ? inOrder(inner) : inner));
}

function reversed(value: JsonObject): JsonObject {
  return objectFrom(
    Object.entries(value)
      .map(([key, inner]) => [key, isPlain(inner) ? reversed(inner) : inner] as const)
      .reverse(),
  );
}

function inOrder(value: JsonObject): JsonObject {
  return objectFrom(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isPlain(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
