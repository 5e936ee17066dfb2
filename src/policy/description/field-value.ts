/** A text as UTF-16 in little-endian order: halves of surrogate pairs survive, which UTF-8 cannot say. */
export function formatUtf16(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    bytes[index * 2] = unit & 0xff;
    bytes[index * 2 + 1] = unit >> 8;
  }
  return bytes;
}

/** @param bytes An even number of them. */
export function parseUtf16(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index + 1 < bytes.length; index += 2) {
    text += String.fromCharCode((bytes[index] as number) | ((bytes[index + 1] as number) << 8));
  }
  return text;
}
