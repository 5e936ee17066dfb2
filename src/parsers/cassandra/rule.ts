import type { ExtensionDeclaration } from "../../api/extension.ts";
import { KEYSPACE_ACTIONS, OTHER_ACTIONS, TABLE_ACTIONS } from "./action.ts";

/** What a rule may say: an action, and a condition on the table or keyspace that a statement names. */
export const declaration: ExtensionDeclaration = {
  name: "cassandra",
  version: "1.0.0",
  fields: {
    query_action: {
      oneOf: [...TABLE_ACTIONS, ...KEYSPACE_ACTIONS, ...OTHER_ACTIONS],
      description: "what the statement does",
    },
    query_table: {
      regex: true,
      // The others name neither a table nor a keyspace, so that the rule would never fit.
      onlyWith: { field: "query_action", values: [...TABLE_ACTIONS, ...KEYSPACE_ACTIONS, "describe"] },
      description: "the table (keyspace.table) or keyspace contains a match of this RE2 expression",
    },
  },
  logged: {
    query_action: { attribute: "query_action", list: "each" },
    query_table: { attribute: "query_table" },
  },
  hints: [
    {
      allowed: { query_action: "select", query_table: "system_schema.tables" },
      refused: { query_action: "select", query_table: "system_virtual_schema.tables" },
      message:
        "select on system_schema is allowed, on system_virtual_schema it is not: drivers of 2020 and later read both when " +
        "they connect, and the Python driver refuses to connect without",
      hint: "if such drivers connect, add `query_action: select` with `query_table: ^system_virtual_schema[.]`",
    },
  ],
};
