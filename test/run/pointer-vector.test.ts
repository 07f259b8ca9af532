import { ptr } from "bun:ffi";
import { expect, test } from "bun:test";
import fc from "fast-check";
import { pointerVector } from "../../src/run/pointer-vector.ts";

test("holds every address as 64 bits, and NULL behind them", () => {
  const address = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(fc.array(address), (addresses) => {
      const vector = pointerVector(addresses);
      const seen = [...new BigUint64Array(vector.buffer)].map(Number);
      expect(seen).toEqual([...addresses, 0]);
      expect(ptr(vector)).toBeGreaterThan(0);
    }),
  );
});
