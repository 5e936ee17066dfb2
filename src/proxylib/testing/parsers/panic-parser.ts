import { defineExtension, type Extension } from "../../parser.ts";
import { nop, pass } from "../../verdict.ts";

/** Throws on every byte from the client. */
export const panicParser: Extension = defineExtension({
  name: "test.panicparser",
  version: "1.0.0",
  fields: {},
  create: () => ({
    onData: (reply, _endStream, data) => {
      if (reply) return data.length > 0 ? pass(data.length) : nop;
      throw new Error("the panic parser panics");
    },
  }),
});
