import type { BodyReader } from "./body-reader.ts";
import { Op, STATE_BYTES_MAX } from "./protocol.ts";

/** Goes on behind operations that held from their arrival on, so that nothing is left to be carried out. */
export function skipNoted(body: BodyReader): void {
  for (;;) {
    switch (body.next) {
      case Op.More:
        body.u8();
        body.u64();
        break;
      case Op.State:
        body.u8();
        body.block(STATE_BYTES_MAX);
        break;
      case Op.Objects:
        body.u16();
        break;
      case Op.Nop:
      case Op.Wait:
      case Op.Taken:
      case Op.Same:
        body.u8();
        break;
      default:
        return;
    }
  }
}
