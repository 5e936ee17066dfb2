import { uint16At, uint32At } from "../../lib/bytes/big-endian.ts";
import type { Opcode } from "./binary-opcode.ts";
import { REQUEST_MAGIC } from "./frame.ts";
import { KEY_BYTES_MAX, SASL_MECHANISM_BYTES_MAX, VALUE_BYTES_MAX } from "./limits.ts";

export const HEADER_LENGTH = 24;
/** Extras and key of the longest request, and its header: all that is needed to judge it. */
const BODY_BYTES_MAX: number = VALUE_BYTES_MAX + KEY_BYTES_MAX + 20;

/**
 * The header of a request. Made once and used for every one.
 *
 *     0 magic  1 opcode  2-3 key length  4 extras length  5 data type  6-7 reserved  8-11 body length
 *     12-15 opaque  16-23 cas; the body is extras, key, value
 */
export class RequestHeader {
  magic = 0;
  opcode = 0;
  keyLength = 0;
  extrasLength = 0;
  dataType = 0;
  bodyLength = 0;
  opaque = 0;

  read(buffer: Buffer, at: number): void {
    this.magic = buffer[at] as number;
    this.opcode = buffer[at + 1] as number;
    this.keyLength = uint16At(buffer, at + 2);
    this.extrasLength = buffer[at + 4] as number;
    this.dataType = buffer[at + 5] as number;
    this.bodyLength = uint32At(buffer, at + 8);
    this.opaque = uint32At(buffer, at + 12);
  }

  /** What is wrong with the lengths; undefined: memcached takes exactly this body for the opcode. */
  problem(form: Opcode): string | undefined {
    if (this.magic !== REQUEST_MAGIC) return "a request does not begin with 0x80";
    if (this.dataType !== 0) return "a request has a data type";
    if (this.bodyLength > BODY_BYTES_MAX) return `a body is longer than ${BODY_BYTES_MAX} bytes`;
    const valueLength = this.bodyLength - this.keyLength - this.extrasLength;
    if (valueLength < 0) return "key and extras are longer than the body";
    if (this.keyLength > KEY_BYTES_MAX) return `a key is longer than ${KEY_BYTES_MAX} bytes`;
    // Not forwarded: its lengths matter to nobody but us.
    if (form.unimplemented) return undefined;
    if (!form.extras.includes(this.extrasLength)) return "the extras are not the ones that the opcode takes";
    if (valueLength > 0 && !form.value) return "a body is longer than the opcode takes";
    return this.keyProblem(form);
  }

  private keyProblem(form: Opcode): string | undefined {
    if (form.key === "none") return this.keyLength > 0 ? "an opcode without key has one" : undefined;
    if (form.key === "optional-group") return undefined;
    if (this.keyLength === 0) return "an opcode with a key has none";
    if (form.key === "mechanism" && this.keyLength > SASL_MECHANISM_BYTES_MAX) return "a mechanism's name is too long";
    return undefined;
  }
}
