import { uint32At } from "../lib/bytes/big-endian.ts";
import { ProtocolViolation } from "./violation.ts";

const NOTHING = Buffer.alloc(0);

/** Reads the body of one frame from its beginning to its end. Throws ProtocolViolation where the body ends too soon. */
export class BodyReader {
  private buffer: Buffer = NOTHING;
  private at = 0;
  private end = 0;

  /** Begins to read [start, end). The memory is only read, for as long as the frame is worked on. */
  open(buffer: Buffer, start: number, end: number): void {
    this.buffer = buffer;
    this.at = start;
    this.end = end;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.end - this.at;
  }

  /** The next byte, which stays; -1: there is none. */
  get next(): number {
    return this.at < this.end ? (this.buffer[this.at] as number) : -1;
  }

  u8(): number {
    return this.buffer[this.take(1)] as number;
  }

  u16(): number {
    const at = this.take(2);
    return ((this.buffer[at] as number) << 8) | (this.buffer[at + 1] as number);
  }

  u32(): number {
    return uint32At(this.buffer, this.take(4));
  }

  /** A number of 64 bits. Above 2^53 - 1 it is no offset and no count. */
  u64(): number {
    const at = this.take(8);
    const high = uint32At(this.buffer, at);
    if (high > 0x1f_ffff) throw new ProtocolViolation("a number is above 2^53 - 1");
    return high * 2 ** 32 + uint32At(this.buffer, at + 4);
  }

  /** @param known What may be set. */
  flags(known: number): number {
    const flags = this.u8();
    if ((flags & ~known) !== 0) throw new ProtocolViolation(`flags 0x${flags.toString(16)} are not known`);
    return flags;
  }

  /** The next bytes, in the frame's own memory. */
  bytes(length: number): Buffer {
    const at = this.take(length);
    return this.buffer.subarray(at, at + length);
  }

  /** A length of 32 bits and as many bytes. @param lengthMax Checked before anything is read. */
  block(lengthMax: number): Buffer {
    const length = this.u32();
    if (length > lengthMax) throw new ProtocolViolation(`${length} bytes are above the limit of ${lengthMax}`);
    return this.bytes(length);
  }

  /** A block that is a JSON text. */
  json(lengthMax: number): unknown {
    const text = this.block(lengthMax).toString("utf8");
    try {
      return JSON.parse(text);
    } catch {
      throw new ProtocolViolation("a text is no JSON");
    }
  }

  /** What is left, in the frame's own memory. */
  rest(): Buffer {
    return this.bytes(this.left);
  }

  /** Nothing may be left. */
  done(): void {
    if (this.left > 0) throw new ProtocolViolation(`${this.left} bytes too many`);
  }

  private take(length: number): number {
    const { at } = this;
    if (length > this.end - at) throw new ProtocolViolation(`${length - (this.end - at)} bytes too few`);
    this.at = at + length;
    return at;
  }
}
