/** The text of UTF-8 bytes without its byte order mark; undefined where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  return decodeWith(withoutMark, bytes);
}

/** The same with its mark, so that an edit gives it back. */
export function decodeUtf8KeepingMark(bytes: Uint8Array): string | undefined {
  return decodeWith(withMark, bytes);
}

const withoutMark = new TextDecoder("utf-8", { fatal: true });
const withMark = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeWith(decoder: TextDecoder, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
