import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { putBackAside, setAside } from "../../src/merge/aside.ts";
import { anyDocument } from "./documents.ts";

const secret = (key: readonly string[]) => key.at(-1)?.startsWith("secret") === true;

describe("setAside", () => {
  test("divides a document, objects key by key", () => {
    expect(setAside({ secret: 1, a: 1, env: { secretX: 1, B: 1 } }, secret)).toEqual({
      travels: { a: 1, env: { B: 1 } },
      aside: { secret: 1, env: { secretX: 1 } },
    });
  });

  test("an object of such keys alone goes with them, one that was empty travels", () => {
    expect(setAside({ env: { secret: 1 }, empty: {} }, secret)).toEqual({
      travels: { empty: {} },
      aside: { env: { secret: 1 } },
    });
  });

  test("what nothing is set aside from is the document itself, and so is what travels of it", () => {
    const document = { env: { B: 1 }, projects: { p: { secret: 1 } } };
    expect(setAside(document, secret).travels).toBe(document);
    const { travels } = setAside({ ...document, secret: 1 }, secret);
    expect(travels["projects"]).toBe(document.projects);
  });

  test("a document put together again is the document, in its order", () => {
    const stays = (key: readonly string[]) => key.at(-1) === "a" || key.at(-1) === "__proto__";
    fc.assert(
      fc.property(anyDocument, (document) => {
        const { travels, aside } = setAside(document, stays);
        expect(JSON.stringify(putBackAside(document, aside, travels))).toBe(JSON.stringify(document));
      }),
    );
  });
});

describe("putBackAside", () => {
  test("keeps them where the merge removed or replaced the object around them", () => {
    const original = { env: { secret: 1, B: 1 }, z: 1 };
    const { aside } = setAside(original, secret);
    expect(putBackAside(original, aside, { z: 1 })).toEqual({ env: { secret: 1 }, z: 1 });
    expect(putBackAside(original, aside, { env: "off", z: 1 })).toEqual({ env: { secret: 1 }, z: 1 });
  });

  test("new keys come last", () => {
    const original = { secret: 1, a: 1 };
    expect(Object.keys(putBackAside(original, { secret: 1 }, { new: 1, a: 1 }))).toEqual([
      "secret",
      "a",
      "new",
    ]);
  });
});
