import { BATCH_ROWS } from "./batch-rows.ts";
import { DESCRIBE_ROWS } from "./describe-rows.ts";
import { HOSTILE_ROWS } from "./hostile-rows.ts";
import { NAME_ROWS } from "./name-rows.ts";
import { OBJECT_ROWS } from "./object-rows.ts";
import { ROLE_ROWS } from "./role-rows.ts";
import type { Row } from "./row.ts";
import { SCHEMA_ROWS } from "./schema-rows.ts";
import { SELECT_ROWS } from "./select-rows.ts";
import { WRITE_ROWS } from "./write-rows.ts";

/**
 * Statements and what they need. Written from the grammar of Cassandra 5.0 (and 3.11 and 4, where they differ);
 * test/servers/statements-oracle.test.ts holds every row against the server's own parser, and against those of 3.11, 4.0 and
 * 4.1 where they accept it.
 */
export const STATEMENT_TABLE: ReadonlyMap<string, readonly Row[]> = new Map([
  ["select", SELECT_ROWS],
  ["write", WRITE_ROWS],
  ["batch", BATCH_ROWS],
  ["schema", SCHEMA_ROWS],
  ["index, trigger, type, function", OBJECT_ROWS],
  ["role", ROLE_ROWS],
  ["describe", DESCRIBE_ROWS],
  ["name", NAME_ROWS],
  ["hostile", HOSTILE_ROWS],
]);
