/**
 * Actions on a table or view. The names are those of Cilium's `query_action`; `alter-materialized-view` is ours. An index
 * or trigger is created on a table, and a trigger dropped from one.
 */
export const TABLE_ACTIONS = [
  "select",
  "delete",
  "insert",
  "update",
  "create-table",
  "drop-table",
  "alter-table",
  "truncate-table",
  "create-index",
  "create-materialized-view",
  "alter-materialized-view",
  "drop-materialized-view",
  "create-trigger",
  "drop-trigger",
] as const;

/** Actions on a keyspace, or on something in it that is no table. */
export const KEYSPACE_ACTIONS = [
  "use",
  "create-keyspace",
  "alter-keyspace",
  "drop-keyspace",
  "drop-index",
  "create-function",
  "drop-function",
  "create-aggregate",
  "drop-aggregate",
  "create-type",
  "alter-type",
  "drop-type",
] as const;

/** Actions on neither. `describe` reads definitions of what it names, and is judged with that name where there is one. */
export const OTHER_ACTIONS = [
  "create-role",
  "alter-role",
  "drop-role",
  "grant-role",
  "revoke-role",
  "list-roles",
  "grant-permission",
  "revoke-permission",
  "list-permissions",
  "create-user",
  "alter-user",
  "drop-user",
  "list-users",
  "list-superusers",
  "add-identity",
  "drop-identity",
  "describe",
] as const;

/** What a statement does, as policies name it. */
export type Action =
  | (typeof TABLE_ACTIONS)[number]
  | (typeof KEYSPACE_ACTIONS)[number]
  | (typeof OTHER_ACTIONS)[number];
