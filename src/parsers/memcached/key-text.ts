/** Buffer's own method, which the type declarations leave out: `toString` without its choice of encoding. */
interface Latin1Buffer {
  latin1Slice(start: number, end: number): string;
}

const REPLACEMENT = "\ufffd";
const INVALID_BYTE_BASE = 0xdc00;
const strict: InstanceType<typeof TextDecoder> = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes that are known to be ASCII, as text. */
export function asciiText(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Latin1Buffer).latin1Slice(start, end);
}

/**
 * A key as policy sees it: UTF-8, where a byte that is not part of valid UTF-8 becomes the lone surrogate U+DC00 + byte.
 * Different keys never give the same text (see Request).
 */
export function keyText(buffer: Buffer, start: number, end: number): string {
  const text = buffer.toString("utf8", start, end);
  return text.includes(REPLACEMENT) ? invalidKeyText(buffer, start, end) : text;
}

function invalidKeyText(buffer: Buffer, start: number, end: number): string {
  let text = "";
  for (let index = start; index < end; ) {
    const width = sequenceWidth(buffer, index, end);
    text +=
      width > 0
        ? buffer.toString("utf8", index, index + width)
        : String.fromCharCode(INVALID_BYTE_BASE + (buffer[index] as number));
    index += Math.max(width, 1);
  }
  return text;
}

/** How many bytes the valid UTF-8 sequence at `index` takes; 0 if there is none. */
function sequenceWidth(buffer: Buffer, index: number, end: number): number {
  const first = buffer[index] as number;
  if (first < 0x80) return 1;
  const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (index + width > end) return 0;
  try {
    return strict.decode(buffer.subarray(index, index + width)).length > 0 ? width : 0;
  } catch {
    return 0;
  }
}
