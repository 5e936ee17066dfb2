/** The form of a statement, and its needs: `$1` is the target that comes first in the form, `$2` the second. */
export type Form = readonly [form: string, needs: string];

/** What may be in a batch. */
export const MODIFICATIONS: readonly Form[] = [
  ["INSERT INTO <table> <insertRest> <using?>", "insert $1"],
  ["INSERT INTO <table> <insertRest> IF NOT EXISTS <using?>", "insert,select $1"],
  ["UPDATE <table> <updateRest>", "update $1"],
  ["UPDATE <table> <updateRest> IF <condition>", "update,select $1"],
  ["DELETE <deletion?> FROM <table> <usingTimestamp?> <where>", "delete $1"],
  ["DELETE <deletion?> FROM <table> <usingTimestamp?> <where> IF <condition>", "delete,select $1"],
];

/** `<member>` is a type, function or index in a keyspace, `<base>` the table behind the view before it. */
export const FORMS: readonly Form[] = [
  ["SELECT <selection> FROM <table> <selectTail>", "select $1"],
  ...MODIFICATIONS,
  ["TRUNCATE <table>", "truncate-table $1"],
  ["TRUNCATE TABLE <table>", "truncate-table $1"],
  ["USE <keyspace>", "use $1"],

  ["CREATE KEYSPACE <ifNotExists?> <keyspace> <with>", "create-keyspace $1"],
  ["ALTER KEYSPACE <ifExists?> <keyspace> <with>", "alter-keyspace $1"],
  ["DROP KEYSPACE <ifExists?> <keyspace>", "drop-keyspace $1"],
  ["CREATE TABLE <ifNotExists?> <table> ( <definition> ) <tableWith?>", "create-table $1"],
  ["CREATE COLUMNFAMILY <table> ( <definition> )", "create-table $1"],
  ["ALTER TABLE <ifExists?> <table> <alteration>", "alter-table $1"],
  ["DROP TABLE <ifExists?> <table>", "drop-table $1"],
  [
    "CREATE MATERIALIZED VIEW <ifNotExists?> <table> AS SELECT * FROM <base> <where?> PRIMARY KEY ( <column,> ) <with?>",
    "create-materialized-view $1; select $2",
  ],
  [
    "CREATE MATERIALIZED VIEW <table> AS SELECT <selector,> FROM <base> <where> PRIMARY KEY ( ( <column,> ) , <column> )",
    "create-materialized-view $1; select $2",
  ],
  ["ALTER MATERIALIZED VIEW <ifExists?> <table> <with>", "alter-materialized-view $1"],
  ["DROP MATERIALIZED VIEW <ifExists?> <table>", "drop-materialized-view $1"],

  ["CREATE INDEX <ifNotExists?> ON <table> ( <indexed,> ) <usingString?> <with?>", "create-index $1"],
  ["CREATE CUSTOM INDEX <ifNotExists?> <plain> ON <table> ( <indexed> ) USING <string>", "create-index $1"],
  ["DROP INDEX <ifExists?> <member>", "drop-index $1"],
  ["CREATE TRIGGER <ifNotExists?> <column> ON <table> USING <string>", "create-trigger $1"],
  ["DROP TRIGGER <ifExists?> <column> ON <table>", "drop-trigger $1"],
  ["CREATE TYPE <ifNotExists?> <member> ( <argument,> )", "create-type $1"],
  ["ALTER TYPE <ifExists?> <member> <typeAlteration>", "alter-type $1"],
  ["DROP TYPE <ifExists?> <member>", "drop-type $1"],
  [
    "CREATE <orReplace?> FUNCTION <member> ( <argument,> ) <onNull> RETURNS <type> LANGUAGE <java> AS <string>",
    "create-function $1",
  ],
  ["DROP FUNCTION <ifExists?> <member> <types?>", "drop-function $1"],
  [
    "CREATE <orReplace?> AGGREGATE <member> <types> SFUNC <plain> STYPE <type> <final?> <initial?>",
    "create-aggregate $1",
  ],
  ["DROP AGGREGATE <ifExists?> <member> <types?>", "drop-aggregate $1"],

  ["CREATE ROLE <ifNotExists?> <role> <roleWith?>", "create-role"],
  ["ALTER ROLE <ifExists?> <role> <roleWith?>", "alter-role"],
  ["DROP ROLE <ifExists?> <role>", "drop-role"],
  ["LIST ROLES <of?> <norecursive?>", "list-roles"],
  ["CREATE USER <ifNotExists?> <string> <userWith?> <superuser?>", "create-user"],
  ["ALTER USER <ifExists?> <string> <userWith?> <superuser?>", "alter-user"],
  ["DROP USER <ifExists?> <string>", "drop-user"],
  ["LIST USERS", "list-users"],
  ["GRANT <role> TO <role>", "grant-role"],
  ["REVOKE <role> FROM <role>", "revoke-role"],
  ["GRANT <permissions> ON <resource> TO <role>", "grant-permission"],
  ["REVOKE <permissions> ON <resource> FROM <role>", "revoke-permission"],
  ["LIST <permissions> <on?> <of?> <norecursive?>", "list-permissions"],
  ["ADD IDENTITY <ifNotExists?> <string> TO ROLE <string>", "add-identity"],
  ["DROP IDENTITY <ifExists?> <string>", "drop-identity"],

  ["DESCRIBE KEYSPACE <keyspace> <internals?>", "describe $1"],
  ["DESC ONLY KEYSPACE <keyspace>", "describe $1"],
  ["DESCRIBE TABLE <table> <internals?>", "describe $1"],
  ["DESCRIBE MATERIALIZED VIEW <table>", "describe $1"],
  ["DESCRIBE INDEX <member>", "describe $1"],
  ["DESCRIBE TYPE <member>", "describe $1"],
  ["DESC FUNCTION <member>", "describe $1"],
  ["DESCRIBE AGGREGATE <member>", "describe $1"],
  ["DESCRIBE CLUSTER <internals?>", "describe"],
  ["DESCRIBE FULL SCHEMA", "describe"],
  ["DESC TABLES", "describe"],
];
