import { expect, test } from "bun:test";
import { decodeUtf8, decodeUtf8KeepingMark } from "../src/utf8.ts";

const marked = new Uint8Array([0xef, 0xbb, 0xbf, 0x61]);

test("a byte order mark is dropped, or kept for an edit to give it back", () => {
  expect(decodeUtf8(marked)).toBe("a");
  expect(decodeUtf8KeepingMark(marked)).toBe("\uFEFFa");
});

test("bytes that are not UTF-8 have no text", () => {
  expect(decodeUtf8(new Uint8Array([0x61, 0xff]))).toBeUndefined();
  expect(decodeUtf8KeepingMark(new Uint8Array([0xc3]))).toBeUndefined();
});
