const LF = 0x0a;
/** Longer than any record: keys take at most 4 KiB of one, labels 256 KiB at worst. */
const LINE_BYTES_MAX = 524_288;

/** A line that is longer than LINE_BYTES_MAX; it was not kept. */
export const TOO_LONG: unique symbol = Symbol("too long");

/** The lines of a text that arrives in pieces, without their ends; the last one may lack its own. */
export async function* suggestLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string | typeof TOO_LONG> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let skipping = false;
  for await (const piece of pieces) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      const line = heldBytes === 0 ? bytes.subarray(start, end) : Buffer.concat([...held, bytes.subarray(start, end)]);
      yield skipping || line.length > LINE_BYTES_MAX ? TOO_LONG : line.toString("utf8");
      held = [];
      heldBytes = 0;
      skipping = false;
      start = end + 1;
    }
    if (start === bytes.length || skipping) continue;
    held.push(bytes.subarray(start));
    heldBytes += bytes.length - start;
    if (heldBytes <= LINE_BYTES_MAX) continue;
    held = [];
    heldBytes = 0;
    skipping = true;
  }
  if (skipping) yield TOO_LONG;
  else if (heldBytes > 0) yield Buffer.concat(held).toString("utf8");
}
