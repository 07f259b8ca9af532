import { expect, test } from "bun:test";
import { decodeFacts, encodeFacts, type SessionFacts } from "../../src/session/session-facts.ts";

const facts: SessionFacts = {
  profile: "work",
  pid: 4711,
  claudePid: 4712,
  cwd: '/home/u/a "b"',
  started: "2026-01-02T03:04:05.678Z",
  place: { bootId: "0e0e", pidNamespace: "pid:[4026531836]" },
};

const decodeText = (text: string) => decodeFacts(new TextEncoder().encode(text));
const text = () => new TextDecoder().decode(encodeFacts(facts));

test("what is written is read again", () => {
  expect(decodeFacts(encodeFacts(facts))).toEqual(facts);
  expect(decodeFacts(encodeFacts({ ...facts, claudePid: null }))?.claudePid).toBeNull();
});

test("the text is one line", () => {
  expect(text().indexOf("\n")).toBe(text().length - 1);
});

test("a key that a later version adds is passed over", () => {
  expect(decodeText(text().replace("{", '{"added":1,'))).toEqual(facts);
});

test("a text that was cut off says nothing, wherever it was cut", () => {
  for (let length = 0; length < text().length - 2; length++) {
    expect(decodeText(text().slice(0, length))).toBeUndefined();
  }
});

test.each(["profile", "pid", "cwd", "started", "boot_id", "pid_ns"])(
  "a text without %s says nothing",
  (key) => {
    expect(decodeText(text().replace(`"${key}"`, '"other"'))).toBeUndefined();
  },
);

test("values of another kind say nothing", () => {
  expect(decodeText(text().replace("4711", '"4711"'))).toBeUndefined();
  expect(decodeText(text().replace("4712", "true"))).toBeUndefined();
  expect(decodeText("[]")).toBeUndefined();
});
