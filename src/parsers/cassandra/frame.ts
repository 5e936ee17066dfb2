import { int32At } from "../../lib/bytes/big-endian.ts";

/**
 * Frames of the native protocol, versions 3 and 4 (native_protocol_v4.spec, section 2): a header of nine bytes, all
 * numbers big-endian, then the body.
 *
 *     version (0x80: response) │ flags │ stream (int16) │ opcode │ length of the body (int32)
 */
export const HEADER_LENGTH = 9;
/** As the server's own limit. */
export const BODY_LENGTH_MAX = 268_435_456;
export const STREAMS_MAX = 32_768;

export const RESPONSE_BIT = 0x80;
export const VERSION_MIN = 3;
export const VERSION_MAX = 4;
/** The first version with custom payloads. */
export const PAYLOAD_VERSION_MIN = 4;

export const HeaderFlag = { Compressed: 0x01, Tracing: 0x02, Payload: 0x04, Warnings: 0x08 } as const;

export const Opcode = {
  Error: 0x00,
  Startup: 0x01,
  Ready: 0x02,
  Authenticate: 0x03,
  Options: 0x05,
  Supported: 0x06,
  Query: 0x07,
  Result: 0x08,
  Prepare: 0x09,
  Execute: 0x0a,
  Register: 0x0b,
  Event: 0x0c,
  Batch: 0x0d,
  AuthChallenge: 0x0e,
  AuthResponse: 0x0f,
  AuthSuccess: 0x10,
} as const;

const REQUEST_NAMES: Readonly<Record<number, string>> = {
  [Opcode.Startup]: "STARTUP",
  [Opcode.Options]: "OPTIONS",
  [Opcode.Query]: "QUERY",
  [Opcode.Prepare]: "PREPARE",
  [Opcode.Execute]: "EXECUTE",
  [Opcode.Register]: "REGISTER",
  [Opcode.Batch]: "BATCH",
  [Opcode.AuthResponse]: "AUTH_RESPONSE",
};

/** undefined: no client sends such a frame. */
export function requestName(opcode: number): string | undefined {
  return REQUEST_NAMES[opcode];
}

/** A header, filled again for each frame. */
export class FrameHeader {
  response = false;
  version = 0;
  flags = 0;
  /** -1 for events; other negative ones are nobody's. */
  stream = 0;
  opcode = 0;
  /** Below 0: no length. */
  bodyLength = 0;

  /** @param buffer Holds `HEADER_LENGTH` bytes from `start`. */
  read(buffer: Buffer, start: number): void {
    const first = buffer[start] as number;
    this.response = first >= RESPONSE_BIT;
    this.version = first & ~RESPONSE_BIT;
    this.flags = buffer[start + 1] as number;
    this.stream = (((buffer[start + 2] as number) << 24) >> 16) | (buffer[start + 3] as number);
    this.opcode = buffer[start + 4] as number;
    this.bodyLength = int32At(buffer, start + 5);
  }

  /** Of header and body. */
  get frameLength(): number {
    return HEADER_LENGTH + this.bodyLength;
  }
}
