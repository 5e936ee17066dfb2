import type { MonitorItem } from "../api/monitor-event.ts";
import { EVENT_BYTES_MAX } from "../api/monitor-protocol.ts";
import { WeirError } from "../lib/error.ts";
import { EventDecoder } from "./monitor-decoder.ts";

const NEWLINE = 0x0a;
const SEVEN_BITS = 0x80;
/** More bytes of length would be more than any event has. */
const LENGTH_BYTES_MAX = 4;
const NOTHING = Buffer.alloc(0);

/** Cuts a stream of bytes into items; what is not whole yet waits for the next chunk, up to the size of one event. */
export abstract class MonitorStream {
  private rest: Buffer = NOTHING;

  /** Items that end in this chunk. Throws WEIR_API_FAILED where the bytes are none. */
  *push(chunk: Buffer): Generator<MonitorItem> {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    for (;;) {
      const frame = this.frameAt(bytes, at);
      if (frame === undefined) break;
      at = frame.next;
      yield* this.decode(bytes.subarray(frame.start, frame.end));
    }
    this.rest = bytes.subarray(at);
  }

  /** Bytes of an item whose end has not come. */
  get pendingBytes(): number {
    return this.rest.length;
  }

  protected abstract frameAt(bytes: Buffer, at: number): { start: number; end: number; next: number } | undefined;
  protected abstract item(frame: Buffer): MonitorItem | undefined;

  private decode(frame: Buffer): MonitorItem[] {
    let item: MonitorItem | undefined;
    try {
      item = this.item(frame);
    } catch (error) {
      throw new WeirError("WEIR_API_FAILED", "what listens there does not send monitor events", { cause: error });
    }
    return item === undefined ? [] : [item];
  }
}

/** JSON lines. */
export class JsonStream extends MonitorStream {
  protected frameAt(bytes: Buffer, at: number): { start: number; end: number; next: number } | undefined {
    const end = bytes.indexOf(NEWLINE, at);
    if ((end < 0 ? bytes.length : end) - at > EVENT_BYTES_MAX) throw tooLong();
    return end < 0 ? undefined : { start: at, end, next: end + 1 };
  }

  protected item(frame: Buffer): MonitorItem {
    return JSON.parse(frame.toString("utf8")) as MonitorItem;
  }
}

/** Delimited messages of monitor.proto: each behind its length as a varint. */
export class ProtobufStream extends MonitorStream {
  private readonly decoder = new EventDecoder();

  protected frameAt(bytes: Buffer, at: number): { start: number; end: number; next: number } | undefined {
    let length = 0;
    for (let index = 0; at + index < bytes.length; index++) {
      if (index >= LENGTH_BYTES_MAX) throw tooLong();
      const byte = bytes[at + index] as number;
      length |= (byte & ~SEVEN_BITS) << (7 * index);
      if (byte >= SEVEN_BITS) continue;
      if (length > EVENT_BYTES_MAX) throw tooLong();
      const start = at + index + 1;
      return start + length > bytes.length ? undefined : { start, end: start + length, next: start + length };
    }
    return undefined;
  }

  protected item(frame: Buffer): MonitorItem | undefined {
    return this.decoder.decode(frame);
  }
}

function tooLong(): WeirError {
  const message = `what listens there sends an event of more than ${EVENT_BYTES_MAX} bytes: it is no weir agent`;
  return new WeirError("WEIR_LIMIT_EXCEEDED", message);
}
