const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Bytes of a base64 text; undefined when it is none. Line breaks are no part of it. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const unpadded = text.replace(/={0,2}$/, '');
  const isBase64 = BASE64.test(text) && unpadded.length % 4 !== 1;
  // The padding may be missing, but not be of another length.
  if (!isBase64 || (text !== unpadded && text.length % 4 !== 0)) return undefined;
  return Buffer.from(text, 'base64');
}

/** Base64 of the bytes. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
