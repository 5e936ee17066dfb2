// Frames of the CQL binary protocol, versions 3 and 4, as latin1 text: every byte is one character, so that frames can be
// joined with `+`, cut with `slice` and given to ScriptedConnection as they are. Layout: native_protocol_v4.spec.

/** Section 2.4. */
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

/** Flags of the header, section 2.2. */
export const HeaderFlag = { Compression: 0x01, Tracing: 0x02, CustomPayload: 0x04, Warning: 0x08, Beta: 0x10 } as const;

/** What any frame may have. */
export interface FrameOptions {
  /** Default: 4. */
  readonly version?: number;
  /** Default: 0. Events have -1. */
  readonly stream?: number;
  /** Further bits than those that the prefixes below set by themselves. */
  readonly flags?: number;
  /** [bytes map] before the body, with its flag. */
  readonly customPayload?: Readonly<Record<string, string | null>>;
  /** [string list] before the body of a response, with its flag. */
  readonly warnings?: readonly string[];
  /** 16 bytes before the body of a response, with its flag. In a request the flag alone asks for tracing. */
  readonly tracingId?: string;
  /** The length that the header gives, where it is to lie. */
  readonly length?: number;
  /** Bytes behind what the body should hold; counted in its length. */
  readonly rest?: string;
}

export function byte(value: number): string {
  return String.fromCharCode(value & 0xff);
}

/** [short] */
export function short(value: number): string {
  return byte(value >> 8) + byte(value);
}

/** [int] */
export function int(value: number): string {
  return short(value >> 16) + short(value);
}

/** [long] */
export function long(value: bigint): string {
  return int(Number(BigInt.asIntN(32, value >> 32n))) + int(Number(BigInt.asIntN(32, value)));
}

/** The UTF-8 bytes of a text. */
export function utf8(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** [string] of latin1 bytes. */
export function string(bytes: string): string {
  return short(bytes.length) + bytes;
}

/** [long string] of latin1 bytes. */
export function longString(bytes: string): string {
  return int(bytes.length) + bytes;
}

/** [value] or [bytes]: null, and `undefined` for "not set". */
export function value(bytes: string | null | undefined): string {
  if (bytes === undefined) return int(-2);
  return bytes === null ? int(-1) : longString(bytes);
}

/** [string list] */
export function stringList(texts: readonly string[]): string {
  return short(texts.length) + texts.map((text) => string(utf8(text))).join("");
}

/** [string map] */
export function stringMap(map: Readonly<Record<string, string>>): string {
  const entries = Object.entries(map);
  return short(entries.length) + entries.map(([key, text]) => string(utf8(key)) + string(utf8(text))).join("");
}

/** [string multimap] */
export function stringMultimap(map: Readonly<Record<string, readonly string[]>>): string {
  const entries = Object.entries(map);
  return short(entries.length) + entries.map(([key, texts]) => string(utf8(key)) + stringList(texts)).join("");
}

/** [bytes map] */
export function bytesMap(map: Readonly<Record<string, string | null>>): string {
  const entries = Object.entries(map);
  return short(entries.length) + entries.map(([key, bytes]) => string(utf8(key)) + value(bytes)).join("");
}

function build(direction: 0 | 0x80, opcode: number, message: string, options: FrameOptions): string {
  const { version = 4, stream = 0, tracingId, warnings, customPayload, rest = "" } = options;
  let flags = options.flags ?? 0;
  // The order of section 2.2: tracing id, warnings, custom payload.
  let prefix = "";
  if (tracingId !== undefined) {
    flags |= HeaderFlag.Tracing;
    prefix += tracingId;
  }
  if (warnings !== undefined) {
    flags |= HeaderFlag.Warning;
    prefix += stringList(warnings);
  }
  if (customPayload !== undefined) {
    flags |= HeaderFlag.CustomPayload;
    prefix += bytesMap(customPayload);
  }
  const body = prefix + message + rest;
  return (
    byte(direction | version) + byte(flags) + short(stream) + byte(opcode) + int(options.length ?? body.length) + body
  );
}

/** A request with any opcode and message. */
export function request(opcode: number, message = "", options: FrameOptions = {}): string {
  return build(0, opcode, message, options);
}

/** A response with any opcode and message. */
export function response(opcode: number, message = "", options: FrameOptions = {}): string {
  return build(0x80, opcode, message, options);
}
