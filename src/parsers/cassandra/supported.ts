import { uint16At } from "../../lib/bytes/big-endian.ts";
import { asciiText } from "../../lib/bytes/text.ts";
import { type FrameHeader, HEADER_LENGTH, VERSION_MAX, VERSION_MIN } from "./frame.ts";
import { MALFORMED, messageStart } from "./message-start.ts";
import { behindString } from "./request.ts";

const COMPRESSION = "COMPRESSION";
const VERSIONS = "PROTOCOL_VERSIONS";

/**
 * A SUPPORTED that offers what passes here: no compression, and only the versions that are spoken here. Drivers take the
 * best of what is offered, and so need no setting of their own.
 *
 * @param header Of the server's frame, which is whole in `buffer` from `start`.
 * @returns undefined: the server's frame is at odds with its length.
 */
export function supportedFrame(header: FrameHeader, buffer: Buffer, start: number): Buffer | undefined {
  const end = start + header.frameLength;
  const message = messageStart(header.flags, true, buffer, start, header.frameLength, header.frameLength);
  if (message === MALFORMED) return undefined;
  let at = start + message;
  const parts: Buffer[] = [buffer.subarray(start, at + 2)];
  if (at + 2 > end) return undefined;
  let left = uint16At(buffer, at);
  at += 2;
  for (; left > 0; left--) {
    const keyEnd = behindString(buffer, at, end);
    if (keyEnd === MALFORMED || keyEnd + 2 > end) return undefined;
    const key = asciiText(buffer, at + 2, keyEnd);
    parts.push(buffer.subarray(at, keyEnd));
    const values: Buffer[] = [];
    at = keyEnd + 2;
    for (let valuesLeft = uint16At(buffer, keyEnd); valuesLeft > 0; valuesLeft--) {
      const valueEnd = behindString(buffer, at, end);
      if (valueEnd === MALFORMED) return undefined;
      if (isOffered(key, asciiText(buffer, at + 2, valueEnd))) values.push(buffer.subarray(at, valueEnd));
      at = valueEnd;
    }
    const count = Buffer.allocUnsafe(2);
    count.writeUInt16BE(values.length, 0);
    parts.push(count, ...values);
  }
  if (at !== end) return undefined;
  // A copy: the buffer is the server's chunk.
  const frame = Buffer.concat(parts);
  frame.writeInt32BE(frame.length - HEADER_LENGTH, 5);
  return frame;
}

function isOffered(key: string, value: string): boolean {
  if (key === COMPRESSION) return false;
  if (key !== VERSIONS) return true;
  const version = Number.parseInt(value, 10);
  return version >= VERSION_MIN && version <= VERSION_MAX;
}
