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
};
