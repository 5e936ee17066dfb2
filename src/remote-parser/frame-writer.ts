import { HEAD_BYTES, LENGTH_BYTES } from "./protocol.ts";

const AREA_BYTES = 65_536;

/** Writes frames one behind the other into memory that is given away as a whole. */
export class FrameWriter {
  private area = Buffer.allocUnsafeSlow(AREA_BYTES);
  private at = 0;
  /** Where the frame that is being written begins; -1: none is. */
  private frameStart = -1;

  /** Bytes of whole frames, and of the one that is being written. */
  get length(): number {
    return this.at;
  }

  /** Of the frame that is being written. */
  get frameLength(): number {
    return this.at - this.frameStart;
  }

  begin(type: number, connection: number): this {
    this.makeRoom(LENGTH_BYTES + HEAD_BYTES);
    this.frameStart = this.at;
    this.at += LENGTH_BYTES;
    return this.u8(type).u32(connection);
  }

  /** @returns Length of the whole frame. */
  end(): number {
    const length = this.at - this.frameStart;
    this.area.writeUInt32BE(length - LENGTH_BYTES, this.frameStart);
    this.frameStart = -1;
    return length;
  }

  /** Forgets the frame that is being written. */
  cancel(): void {
    this.at = this.frameStart;
    this.frameStart = -1;
  }

  u8(value: number): this {
    this.makeRoom(1);
    this.area[this.at++] = value;
    return this;
  }

  u16(value: number): this {
    this.makeRoom(2);
    this.at = this.area.writeUInt16BE(value, this.at);
    return this;
  }

  u32(value: number): this {
    this.makeRoom(4);
    this.at = this.area.writeUInt32BE(value, this.at);
    return this;
  }

  u64(value: number): this {
    this.makeRoom(8);
    this.area.writeUInt32BE(Math.floor(value / 2 ** 32), this.at);
    this.at = this.area.writeUInt32BE(value % 2 ** 32, this.at + 4);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.makeRoom(bytes.length);
    this.area.set(bytes, this.at);
    this.at += bytes.length;
    return this;
  }

  /** A length of 32 bits and the bytes. */
  block(bytes: Uint8Array): this {
    return this.u32(bytes.length).bytes(bytes);
  }

  /** A text as a block, in UTF-8. */
  text(text: string): this {
    const length = Buffer.byteLength(text);
    this.u32(length).makeRoom(length);
    this.at += this.area.write(text, this.at, length, "utf8");
    return this;
  }

  /** All whole frames; none is being written. The memory is the caller's from now on. */
  take(): Buffer {
    const frames = this.area.subarray(0, this.at);
    // What is left of the area serves the next frames; what was given away is not touched again.
    this.area =
      this.area.length - this.at >= AREA_BYTES / 4 ? this.area.subarray(this.at) : Buffer.allocUnsafeSlow(AREA_BYTES);
    this.at = 0;
    return frames;
  }

  private makeRoom(length: number): void {
    if (this.at + length <= this.area.length) return;
    const area = Buffer.allocUnsafeSlow(Math.max(AREA_BYTES, 2 * (this.at + length)));
    this.area.copy(area, 0, 0, this.at);
    this.area = area;
  }
}
