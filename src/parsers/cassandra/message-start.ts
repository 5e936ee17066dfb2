import { int32At, uint16At } from "../../lib/bytes/big-endian.ts";
import { HEADER_LENGTH, HeaderFlag } from "./frame.ts";

/** The frame is at odds with itself. */
export const MALFORMED = -1;

const TRACING_ID_LENGTH = 16;

/**
 * Where the message of a frame begins, behind what its flags announce: a tracing id and warnings (responses only), a
 * custom payload (native_protocol_v4.spec, section 2.2).
 *
 * The count of bytes that must be there may grow with what is there, so whoever waits for it waits for at least as much
 * as there is: then reading it again costs linear time.
 *
 * @param available Bytes of the frame that are in `buffer` from `start`.
 * @param frameLength Of header and body.
 * @returns An index in the frame; if it is above `available`, so many bytes are needed to tell. MALFORMED: it does not end
 * within the frame.
 */
export function messageStart(
  flags: number,
  response: boolean,
  buffer: Buffer,
  start: number,
  available: number,
  frameLength: number,
): number {
  let at = HEADER_LENGTH;
  if (response && (flags & HeaderFlag.Tracing) !== 0) at += TRACING_ID_LENGTH;
  if (response && (flags & HeaderFlag.Warnings) !== 0) at = behindList(buffer, start, at, available, false);
  if ((flags & HeaderFlag.Payload) !== 0 && at <= available) at = behindList(buffer, start, at, available, true);
  return at > frameLength ? MALFORMED : at;
}

/** Behind a [string list], or with values behind a [bytes map]; beyond `available`: so many bytes are needed to go on. */
function behindList(buffer: Buffer, start: number, from: number, available: number, values: boolean): number {
  let at = from + 2;
  if (at > available) return at;
  for (let left = uint16At(buffer, start + from); left > 0; left--) {
    if (at + 2 > available) return at + 2;
    at += 2 + uint16At(buffer, start + at);
    if (!values) continue;
    if (at + 4 > available) return at + 4;
    at += 4 + Math.max(0, int32At(buffer, start + at));
  }
  return at;
}
