/** Bytes that a parser made and that wait for their place in a direction, in order, as they were given. */
export class InjectQueue {
  private readonly pieces: Uint8Array[] = [];
  private bytes = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.bytes;
  }

  push(piece: Uint8Array): void {
    this.pieces.push(piece);
    this.bytes += piece.length;
  }

  /** Gives the first `byteCount` bytes (at most `length`) to `send`, piece by piece. */
  shift(byteCount: number, send: (piece: Uint8Array) => void): void {
    let left = byteCount;
    let taken = 0;
    for (const piece of this.pieces) {
      if (left < piece.length) break;
      send(piece);
      left -= piece.length;
      taken++;
    }
    this.pieces.splice(0, taken);
    const next = this.pieces[0];
    if (left > 0 && next !== undefined) {
      send(next.subarray(0, left));
      this.pieces[0] = next.subarray(left);
    }
    this.bytes -= byteCount;
  }

  clear(): void {
    this.pieces.length = 0;
    this.bytes = 0;
  }
}
