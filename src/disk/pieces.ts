import { constants } from "../fs.ts";
import { disk, letGo } from "./disk.ts";

/**
 * The bytes of a file of any size, piece by piece: 256 KiB each, the last one shorter. A piece is good until the next is asked for.
 * @param followed false where a link must not be followed
 */
export function* piecesOf(path: string, followed = true): Generator<Uint8Array, void> {
  const descriptor = disk.open(path, READ_ONLY | (followed ? 0 : constants.O_NOFOLLOW));
  try {
    yield* piecesIn(descriptor);
  } finally {
    letGo(descriptor);
  }
}

const READ_ONLY = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** From where the descriptor stands to the end. */
export function* piecesIn(descriptor: number): Generator<Uint8Array, void> {
  const piece = new Uint8Array(PIECE_BYTES);
  for (let count = PIECE_BYTES; count === PIECE_BYTES; ) {
    count = fill(descriptor, piece);
    if (count > 0) yield piece.subarray(0, count);
  }
}

const PIECE_BYTES = 256 * 1024;

/** As much as there is: one read may give less. */
function fill(descriptor: number, piece: Uint8Array): number {
  let done = 0;
  for (let count = -1; count !== 0 && done < piece.length; done += count)
    count = disk.read(descriptor, piece, done);
  return done;
}
