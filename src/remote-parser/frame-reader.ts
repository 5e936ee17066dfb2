import { uint32At } from "../lib/bytes/big-endian.ts";
import { StreamBuffer } from "../lib/bytes/stream-buffer.ts";
import { BodyReader } from "./body-reader.ts";
import { HEAD_BYTES, LENGTH_BYTES } from "./protocol.ts";
import { ProtocolViolation } from "./violation.ts";

/** Takes one frame. @param length Of the whole frame, for credit. @param body To be read to its end during the call. */
export type FrameHandler = (type: number, connection: number, body: BodyReader, length: number) => void;

/** Cuts a stream into frames. A frame that arrived whole is read where it lies. */
export class FrameReader {
  private readonly frameBytesMax: number;
  private readonly handler: FrameHandler;
  private readonly buffer = new StreamBuffer();
  private readonly body = new BodyReader();

  constructor(frameBytesMax: number, handler: FrameHandler) {
    this.frameBytesMax = frameBytesMax;
    this.handler = handler;
  }

  /** Throws ProtocolViolation, behind which nothing of the stream can be understood. */
  receive(chunk: Uint8Array): void {
    const { buffer } = this;
    buffer.accept(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    while (buffer.length >= LENGTH_BYTES) {
      buffer.gather(LENGTH_BYTES);
      const length = uint32At(buffer.buffer, buffer.start);
      // Before anything waits for so much.
      if (length < HEAD_BYTES || length > this.frameBytesMax) {
        throw new ProtocolViolation(`a frame of ${length} bytes (${HEAD_BYTES} to ${this.frameBytesMax} are allowed)`);
      }
      if (buffer.length < LENGTH_BYTES + length) break;
      this.frame(length);
    }
    buffer.release();
  }

  private frame(length: number): void {
    const { buffer, body } = this;
    buffer.gather(LENGTH_BYTES + length);
    const memory = buffer.buffer;
    const start = buffer.start + LENGTH_BYTES;
    const type = memory[start] as number;
    const connection = uint32At(memory, start + 1);
    body.open(memory, start + HEAD_BYTES, start + length);
    try {
      this.handler(type, connection, body, LENGTH_BYTES + length);
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      const place = `frame 0x${type.toString(16)} of connection ${connection}`;
      throw new ProtocolViolation(`${place}: ${error.message}`);
    }
    buffer.consume(LENGTH_BYTES + length);
  }
}
