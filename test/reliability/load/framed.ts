import type { Bodies } from "./bodies.ts";
import { askedByKey, keyOf, type LoadProtocol, type Segments } from "./protocol.ts";
import type { Asked, Command } from "./request.ts";

// A request: u32 length of what follows the first six bytes, u8 kind, u8 length of the key, then key and body; where the
// kind is `sealed`, body and key. A reply: u32 length of what follows, u8 status, body. Numbers are big-endian.
const KINDS: Readonly<Record<Command, number>> = { put: 1, fetch: 2, sealed: 3, later: 4 };
const HEADER_BYTES = 6;

const DONE = frame(0, 0);
const DENIED = Buffer.concat([frame(6, 1), Buffer.from("denied")]);

function frame(length: number, status: number): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(length);
  header[4] = status;
  return header;
}

function header(command: Command, key: string, bodyBytes: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32BE(key.length + bodyBytes);
  bytes[4] = KINDS[command];
  bytes[5] = key.length;
  return bytes;
}

/** The protocol of framed-extension.ts. */
export const framedLoad: LoadProtocol = {
  name: "framed",
  commands: ["put", "put", "sealed", "later"],
  request(asked: Asked, bodies: Bodies): Segments {
    const { command, length, allowed } = asked;
    const key = keyOf(asked);
    if (command === "fetch") return [Buffer.concat([header(command, key, 0), Buffer.from(key)])];
    const body = allowed ? bodies.of(asked) : bodies.denied(length);
    const first = header(command, key, length);
    return command === "sealed" ? [first, body, Buffer.from(key)] : [Buffer.concat([first, Buffer.from(key)]), body];
  },
  reply(asked: Asked, bodies: Bodies): Segments {
    if (!asked.allowed) return [DENIED];
    return asked.command === "fetch" ? [frame(asked.length, 0), bodies.of(asked)] : [DONE];
  },
  undecided(connection: number, share: number): Buffer {
    // The key comes last: however much of it arrives, nothing was decided.
    const key = Buffer.from(`cut/${connection}`);
    const body = Buffer.alloc(50_000, "cut/");
    const whole = Buffer.concat([header("sealed", key.toString(), body.length), body, key]);
    return whole.subarray(0, Math.min(whole.length - 1, Math.max(1, Math.round(whole.length * share))));
  },
  connectionOf(bytes: Buffer): number | undefined | null {
    if (bytes.length < HEADER_BYTES) return undefined;
    const keyBytes = bytes[5] as number;
    const from = bytes[4] === KINDS.sealed ? HEADER_BYTES + bytes.readUInt32BE(0) - keyBytes : HEADER_BYTES;
    if (from > 1_000_000) return null;
    if (bytes.length < from + keyBytes) return undefined;
    const match = /^ok\/(\d+)\//.exec(bytes.toString("latin1", from, from + keyBytes));
    return match === null ? null : Number(match[1]);
  },
  recorded(fields) {
    return askedByKey(fields["key"] ?? "", fields["kind"] === "2");
  },
};
