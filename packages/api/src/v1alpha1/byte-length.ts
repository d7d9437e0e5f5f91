const encoder = new TextEncoder();

/** Bytes of the text in UTF-8: what Lambda's limits count. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}
