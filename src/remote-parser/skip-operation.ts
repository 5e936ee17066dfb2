import type { BodyReader } from "./body-reader.ts";
import { FIELDS_BYTES_MAX, INJECT_BYTES_MAX, Op, STATE_BYTES_MAX } from "./protocol.ts";

/** Of a LOG, between its code and its fields: type, flags, rules, decision. */
export const LOG_HEAD_BYTES = 10;

/** Goes on behind one operation of DECIDED, which was checked before. @returns Its code. */
export function skipOperation(body: BodyReader): number {
  const op = body.u8();
  switch (op) {
    case Op.Pass:
    case Op.Drop:
    case Op.More:
      body.u64();
      break;
    case Op.Inject:
      body.block(INJECT_BYTES_MAX);
      break;
    case Op.Insert:
      body.u8();
      body.block(INJECT_BYTES_MAX);
      break;
    case Op.Log:
      body.bytes(LOG_HEAD_BYTES);
      body.block(FIELDS_BYTES_MAX);
      break;
    case Op.Fail:
      body.u16();
      body.block(FIELDS_BYTES_MAX);
      break;
    case Op.State:
      body.block(STATE_BYTES_MAX);
      break;
    case Op.Objects:
      body.u8();
      break;
    default:
  }
  return op;
}
