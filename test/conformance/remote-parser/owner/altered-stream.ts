import { type Duplex, duplexPair } from "node:stream";

/** A frame, whoever sends it. */
export interface RawFrame {
  readonly type: number;
  readonly connection: number;
  readonly body: Buffer;
}

/** What stands between an owner and its host. */
export interface Between {
  fromOwner(frame: RawFrame): void;
  fromHost(frame: RawFrame): void;
}

/** Sends on, to either side. */
export interface Ways {
  toOwner(frame: RawFrame): void;
  toHost(frame: RawFrame): void;
}

/** An owner's stream with somebody in the middle. @returns What the owner gets in its place. */
export function alteredStream(stream: Duplex, between: (ways: Ways) => Between): Duplex {
  const [outer, inner] = duplexPair();
  const { fromOwner, fromHost } = between({
    toOwner: (frame) => void inner.write(bytesOf(frame)),
    toHost: (frame) => void stream.write(bytesOf(frame)),
  });
  join(inner, stream, fromOwner);
  join(stream, inner, fromHost);
  return outer;
}

/** Reads frames; what cannot be a frame goes on as it is, and so does the end. */
function join(from: Duplex, to: Duplex, take: (frame: RawFrame) => void): void {
  let received = Buffer.alloc(0);
  from.on("data", (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    while (received.length >= 9) {
      const length = received.readUInt32BE();
      if (length < 5 || length > 16_777_216 || received.length < 4 + length) break;
      const body = Buffer.from(received.subarray(9, 4 + length));
      take({ type: received.readUInt8(4), connection: received.readUInt32BE(5), body });
      received = received.subarray(4 + length);
    }
    if (received.length < 4 || isFrameToBe(received.readUInt32BE())) return;
    to.write(received);
    received = Buffer.alloc(0);
  });
  from.on("end", () => to.end(received));
  from.on("error", () => undefined);
}

function isFrameToBe(length: number): boolean {
  return length >= 5 && length <= 4_194_304;
}

function bytesOf({ type, connection, body }: RawFrame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt32BE(5 + body.length);
  head.writeUInt8(type, 4);
  head.writeUInt32BE(connection, 5);
  return Buffer.concat([head, body]);
}

/** Where an operation of DECIDED ends that begins with these bytes. */
const LENGTHS: Readonly<Record<number, (bytes: Buffer) => number>> = {
  1: () => 9,
  2: () => 9,
  3: (bytes) => 5 + bytes.readUInt32BE(1),
  4: (bytes) => 6 + bytes.readUInt32BE(2),
  5: (bytes) => 15 + bytes.readUInt32BE(11),
  6: (bytes) => 7 + bytes.readUInt32BE(3),
  7: () => 9,
  11: (bytes) => 5 + bytes.readUInt32BE(1),
  13: () => 2,
};

/** Direction, offset, and the operations of a DECIDED, as far as they can be read. */
export function operationsOf(body: Buffer): readonly Buffer[] {
  const operations: Buffer[] = [];
  for (let rest = body.subarray(9); rest.length > 0; ) {
    let length = 1;
    try {
      length = LENGTHS[rest.readUInt8()]?.(rest) ?? 1;
    } catch {
      length = rest.length;
    }
    operations.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return operations;
}
