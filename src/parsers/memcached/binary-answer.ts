import { HEADER_LENGTH } from "./binary-frame.ts";
import { NOOP, VERSION } from "./binary-opcode.ts";
import { REQUEST_MAGIC, RESPONSE_MAGIC } from "./frame.ts";

/** Status of a response. */
export const Status = { InvalidArguments: 0x04, AccessDenied: 0x08, UnknownCommand: 0x81 } as const;

const TEXTS: ReadonlyMap<number, Buffer> = new Map([
  [Status.InvalidArguments, Buffer.from("Invalid arguments")],
  // Any other status for a denial makes some clients drop the connection, and with it their other requests.
  [Status.AccessDenied, Buffer.from("access denied")],
  [Status.UnknownCommand, Buffer.from("Unknown command")],
]);
const NO_TEXT: Buffer = Buffer.alloc(0);

/** A NOOP: asks memcached for a sign that all before it is done. */
export const FENCE: Buffer = Buffer.alloc(HEADER_LENGTH);
FENCE[0] = REQUEST_MAGIC;
FENCE[1] = NOOP;

/**
 * A VERSION, the one request that memcached answers at any time. A server that takes it for text finds the end of a line
 * in it, and answers with an error.
 */
export const PROBE: Buffer = Buffer.alloc(HEADER_LENGTH);
PROBE[0] = REQUEST_MAGIC;
PROBE[1] = VERSION;
PROBE[15] = 0x0a;

export function answerLength(status: number): number {
  return HEADER_LENGTH + (TEXTS.get(status) ?? NO_TEXT).length;
}

/** Writes a response with an error at `at`. Opcode and opaque are the request's, so that clients know which one it was. */
export function writeAnswer(to: Buffer, at: number, opcode: number, status: number, opaque: number): void {
  const text = TEXTS.get(status) ?? NO_TEXT;
  to.fill(0, at, at + HEADER_LENGTH);
  to[at] = RESPONSE_MAGIC;
  to[at + 1] = opcode;
  to.writeUInt16BE(status, at + 6);
  to.writeUInt32BE(text.length, at + 8);
  to.writeUInt32BE(opaque, at + 12);
  text.copy(to, at + HEADER_LENGTH);
}

/** One such response. */
export function answer(opcode: number, status: number, opaque: number): Buffer {
  const bytes = Buffer.allocUnsafe(answerLength(status));
  writeAnswer(bytes, 0, opcode, status, opaque);
  return bytes;
}
