import { defineExtension, type Extension } from "../../parser.ts";
import { nop, pass } from "../../verdict.ts";

/** Passes whatever is there. Refuses connections under the policy name `invalid-policy`. */
export const passer: Extension = defineExtension({
  name: "test.passer",
  version: "1.0.0",
  fields: {},
  create: (connection) =>
    connection.policyName === "invalid-policy"
      ? undefined
      : { onData: (_reply, _endStream, data) => (data.length > 0 ? pass(data.length) : nop) },
});
