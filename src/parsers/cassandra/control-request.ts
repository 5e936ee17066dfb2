import { uint16At } from "../../lib/bytes/big-endian.ts";
import { decodeText } from "../../lib/bytes/text.ts";
import { Opcode } from "./frame.ts";
import { MALFORMED } from "./message-start.ts";
import { behindString } from "./request.ts";
import type { Asked } from "./resolved-statement.ts";

const control = (opcode: number, name: string): Asked => ({
  opcode,
  fields: { request: name },
  use: false,
  open: false,
  prepares: undefined,
});

/** Requests that hold no statement. They pass where the connection may be; policy judges statements. */
export const STARTUP: Asked = control(Opcode.Startup, "STARTUP");
export const OPTIONS: Asked = control(Opcode.Options, "OPTIONS");
export const REGISTER: Asked = control(Opcode.Register, "REGISTER");
export const AUTH_RESPONSE: Asked = control(Opcode.AuthResponse, "AUTH_RESPONSE");

/**
 * Why a STARTUP cannot pass; undefined: it can.
 *
 * @param buffer Holds its message, a [string map], in [start, end).
 */
export function startupProblem(buffer: Buffer, start: number, end: number): string | undefined {
  const malformed = "STARTUP is no map of options";
  let at = start + 2;
  if (at > end) return malformed;
  let compression = "";
  for (let left = uint16At(buffer, start); left > 0; left--) {
    const keyEnd = behindString(buffer, at, end);
    const valueEnd = keyEnd === MALFORMED ? MALFORMED : behindString(buffer, keyEnd, end);
    if (valueEnd === MALFORMED) return malformed;
    // As servers compare: some letters beyond ASCII have an ASCII one as their capital.
    if (decodeText(buffer, at + 2, keyEnd).toUpperCase() === "COMPRESSION") {
      compression ||= decodeText(buffer, keyEnd + 2, valueEnd);
    }
    at = valueEnd;
  }
  if (at !== end) return malformed;
  return compression === "" ? undefined : "compression is not supported: connect without it";
}
