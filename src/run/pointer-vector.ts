/**
 * A NULL-terminated `char *[]` of these addresses, the lower half of each first. An array of 64-bit numbers would be another type for
 * the heap, which has a block of 16 KB for each (Bun 1.4.5).
 */
export function pointerVector(addresses: readonly number[]): Uint32Array {
  const vector = new Uint32Array(2 * addresses.length + 2);
  let at = 0;
  for (const address of addresses) {
    // What is stored is an integer modulo 2 ** 32.
    vector[at++] = address;
    vector[at++] = address / 2 ** 32;
  }
  return vector;
}
