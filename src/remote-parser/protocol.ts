// The numbers of the remote-parser protocol. docs/internals/remote-parser-protocol.md tells what each of them means.

export const PROTOCOL_VERSION = 1;
/** The first four bytes of HELLO's body: whoever connected something else to the socket notices at once. */
export const MAGIC = 0x57_45_49_52;

/** Types of frames. From the owner below 0x80, from the extension host above. */
export const Frame = {
  Hello: 0x01,
  Open: 0x02,
  Rules: 0x03,
  Forget: 0x04,
  Data: 0x05,
  Update: 0x06,
  Close: 0x07,
  Ping: 0x08,
  Credit: 0x09,
  Ready: 0x81,
  Opened: 0x82,
  Refused: 0x83,
  Decided: 0x84,
  Pong: 0x85,
} as const;

/** Operations within DECIDED. */
export const Op = {
  Pass: 0x01,
  Drop: 0x02,
  Inject: 0x03,
  Insert: 0x04,
  Log: 0x05,
  Fail: 0x06,
  More: 0x07,
  Nop: 0x08,
  Wait: 0x09,
  Taken: 0x0a,
  State: 0x0b,
  Same: 0x0c,
  Objects: 0x0d,
} as const;

/** The `direction` of a DECIDED whose operations were made outside of any call. */
export const NO_CALL = 2;

/** Flags of OPEN and UPDATE. */
export const OpenFlag = { Observed: 1, Resumed: 2 } as const;
/** Flags of DATA. */
export const DataFlag = { End: 1 } as const;
/** Flags of a LOG operation: what was decided. */
export const LogFlag = { Allowed: 1, Audited: 2 } as const;

/** Why a connection is refused. */
export const Refusal = { NoParser: 1, Threw: 2, Unknown: 3, CannotResume: 4 } as const;

export const RECORD_TYPES = ["Request", "Response", "Denied"] as const;
/** By the number in FAIL. */
export const FAILURES = [undefined, "protocol-error", "parser-error", "limit"] as const;

/** Bytes of the length and of what each frame begins with: type and connection. */
export const LENGTH_BYTES = 4;
export const HEAD_BYTES = 5;

/** Longest frame from the owner, without its length field. The longest are RULES. */
export const OWNER_FRAME_BYTES_MAX: number = 16 * 1_048_576;
/** Longest frame from the host, without its length field: an operation may bring 1 MiB. */
export const HOST_FRAME_BYTES_MAX: number = 4 * 1_048_576;
/** A DECIDED that is longer ends behind the call that is under way. */
export const DECIDED_BYTES_SPLIT = 65_536;
/** A DECIDED that is longer ends behind the operation. */
export const DECIDED_BYTES_CUT = 1_048_576;

/** Bytes of DATA that one direction of a connection may have in the host without TAKEN. */
export const WINDOW_BYTES = 65_536;
/** As many at first, and after bytes were decided that had not been shown: who decides ahead need not see more. */
export const WINDOW_FIRST_BYTES = 8_192;
/** Frames of DATA that one direction may have in the host without TAKEN. */
export const WINDOW_FRAMES = 64;
/** Bytes that the host may send before it gets CREDIT. */
export const CREDIT_BYTES: number = 4 * 1_048_576;
/** CREDIT is given when so much was read. */
export const CREDIT_STEP_BYTES: number = 1_048_576;

/** What a parser may remember: longer, the connection cannot be resumed. */
export const STATE_BYTES_MAX = 65_536;
/** Fields of one record, as JSON. */
export const FIELDS_BYTES_MAX = 262_144;
/** Bytes of one INSERT or INJECT. Longer ones are cut. */
export const INJECT_BYTES_MAX = 262_144;
