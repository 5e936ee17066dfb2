/** Bytes that may be kept for long keep no larger message: they are copied where they are a small part of one. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.length * 2 < bytes.buffer.byteLength ? bytes.slice() : bytes;
}
