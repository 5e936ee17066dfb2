import { HEADER_LENGTH, Opcode, RESPONSE_BIT } from "./frame.ts";

/** Codes of ERROR (native_protocol_v4.spec, section 9). */
export const ErrorCode = { Protocol: 0x000a, Unauthorized: 0x2100, Unprepared: 0x2500 } as const;

const NAMES: Readonly<Record<number, string>> = {
  0: "Server error",
  10: "Protocol error",
  256: "Bad credentials",
  4096: "Unavailable",
  4097: "Overloaded",
  4098: "Is bootstrapping",
  4099: "Truncate error",
  4352: "Write timeout",
  4608: "Read timeout",
  4864: "Read failure",
  5120: "Function failure",
  5376: "Write failure",
  5632: "CDC write failure",
  5888: "CAS write unknown",
  8192: "Syntax error",
  8448: "Unauthorized",
  8704: "Invalid",
  8960: "Config error",
  9216: "Already exists",
  9472: "Unprepared",
};

/** For the access log: `0x2200 Invalid`. */
export function errorText(code: number): string {
  const hex = `0x${(code >>> 0).toString(16).padStart(4, "0")}`;
  return NAMES[code] === undefined ? hex : `${hex} ${NAMES[code]}`;
}

const UNAUTHORIZED = "Request Unauthorized";
const UNPREPARED = "No statement is known under this id: prepare it again";
const NOTHING = Buffer.alloc(0);

/** An ERROR frame. @param version Of the connection. @param extras What the code asks for behind the message. */
export function errorFrame(
  version: number,
  stream: number,
  code: number,
  message: string,
  extras: Uint8Array = NOTHING,
): Buffer {
  const textLength = Buffer.byteLength(message);
  const bodyLength = 4 + 2 + textLength + extras.length;
  const frame = Buffer.allocUnsafe(HEADER_LENGTH + bodyLength);
  frame[0] = RESPONSE_BIT | version;
  frame[1] = 0;
  frame.writeInt16BE(stream, 2);
  frame[4] = Opcode.Error;
  frame.writeInt32BE(bodyLength, 5);
  frame.writeInt32BE(code, HEADER_LENGTH);
  frame.writeUInt16BE(textLength, HEADER_LENGTH + 4);
  frame.write(message, HEADER_LENGTH + 6, "utf8");
  frame.set(extras, HEADER_LENGTH + 6 + textLength);
  return frame;
}

/** The denial of one request. Drivers raise it for this request and keep the connection. */
export function unauthorized(version: number, stream: number): Buffer {
  return errorFrame(version, stream, ErrorCode.Unauthorized, UNAUTHORIZED);
}

/** Makes drivers prepare the statement again on this connection. @param id Its bytes. */
export function unprepared(version: number, stream: number, id: Uint8Array): Buffer {
  const extras = Buffer.allocUnsafe(2 + id.length);
  extras.writeUInt16BE(id.length, 0);
  extras.set(id, 2);
  return errorFrame(version, stream, ErrorCode.Unprepared, UNPREPARED, extras);
}
