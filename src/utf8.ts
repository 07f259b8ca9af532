/** The text of UTF-8 bytes without its byte order mark; undefined where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  return decodeWith({ fatal: true }, bytes);
}

/** The same with its mark, so that an edit gives it back. */
export function decodeUtf8KeepingMark(bytes: Uint8Array): string | undefined {
  return decodeWith({ fatal: true, ignoreBOM: true }, bytes);
}

function decodeWith(
  options: { readonly fatal: true; readonly ignoreBOM?: true },
  bytes: Uint8Array,
): string | undefined {
  try {
    return new TextDecoder("utf-8", options).decode(bytes);
  } catch {
    return undefined;
  }
}
