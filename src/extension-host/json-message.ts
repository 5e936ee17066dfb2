const LENGTH_BYTES = 4;

/** A JSON document as it travels before the remote-parser protocol: its length (32 bits, big-endian), then UTF-8 text. */
export function encodeJsonMessage(value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  const message = Buffer.allocUnsafe(LENGTH_BYTES + text.length);
  message.writeUInt32BE(text.length);
  text.copy(message, LENGTH_BYTES);
  return message;
}

/** Reads one document from pieces of a stream. */
export class JsonMessageReader {
  private readonly bytesMax: number;
  private pieces: Uint8Array[] = [];
  private received = 0;
  private needed = LENGTH_BYTES;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /**
   * Throws an Error if it is no such document.
   *
   * @param piece Is kept until the document is complete.
   * @returns undefined: it is not complete. `rest`: what came behind it.
   */
  take(piece: Uint8Array): { readonly value: unknown; readonly rest: Uint8Array } | undefined {
    this.pieces.push(piece);
    this.received += piece.length;
    if (this.received < this.needed) return undefined;
    const bytes = Buffer.concat(this.pieces);
    const length = bytes.readUInt32BE();
    if (length > this.bytesMax) throw new Error(`a document of ${length} bytes came; ${this.bytesMax} are the limit`);
    const end = LENGTH_BYTES + length;
    if (bytes.length < end) {
      // Joined once more when all of it is there, and not with every piece.
      this.pieces = [bytes];
      this.needed = end;
      return undefined;
    }
    const value: unknown = JSON.parse(bytes.toString("utf8", LENGTH_BYTES, end));
    return { value, rest: bytes.subarray(end) };
  }
}
