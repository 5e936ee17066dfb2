import type { Accepted, StatementReport } from "./oracle.ts";

/** Of the statements that are about a table: the action, and the field with its name. */
const TABLE: Readonly<Record<string, readonly [action: string, field: string]>> = {
  SelectStatement$RawStatement: ["select", "qualifiedName"],
  UpdateStatement$ParsedInsert: ["insert", "qualifiedName"],
  UpdateStatement$ParsedInsertJson: ["insert", "qualifiedName"],
  UpdateStatement$ParsedUpdate: ["update", "qualifiedName"],
  DeleteStatement$Parsed: ["delete", "qualifiedName"],
  TruncateStatement: ["truncate-table", "qualifiedName"],
  CreateTableStatement$Raw: ["create-table", "name"],
  AlterTableStatement$Raw: ["alter-table", "name"],
  DropTableStatement$Raw: ["drop-table", "name"],
  CreateIndexStatement$Raw: ["create-index", "tableName"],
  AlterViewStatement$Raw: ["alter-materialized-view", "name"],
  DropViewStatement$Raw: ["drop-materialized-view", "name"],
  CreateTriggerStatement$Raw: ["create-trigger", "tableName"],
  DropTriggerStatement$Raw: ["drop-trigger", "tableName"],
};

/** The same in 3.11, where they have other classes. */
const TABLE_BEFORE_4: Readonly<Record<string, readonly [action: string, field: string]>> = {
  CreateTableStatement$RawStatement: ["create-table", "cfName"],
  AlterTableStatement: ["alter-table", "cfName"],
  DropTableStatement: ["drop-table", "cfName"],
  CreateIndexStatement: ["create-index", "cfName"],
  AlterViewStatement: ["alter-materialized-view", "cfName"],
  DropViewStatement: ["drop-materialized-view", "cfName"],
  CreateTriggerStatement: ["create-trigger", "cfName"],
  DropTriggerStatement: ["drop-trigger", "cfName"],
};

/** Of those about a keyspace, or something in it that is no table. */
const KEYSPACE: Readonly<Record<string, readonly [action: string, field: string]>> = {
  UseStatement: ["use", "keyspace"],
  CreateKeyspaceStatement$Raw: ["create-keyspace", "keyspaceName"],
  AlterKeyspaceStatement$Raw: ["alter-keyspace", "keyspaceName"],
  DropKeyspaceStatement$Raw: ["drop-keyspace", "keyspaceName"],
  DropIndexStatement$Raw: ["drop-index", "name"],
  CreateTypeStatement$Raw: ["create-type", "name"],
  AlterTypeStatement$Raw: ["alter-type", "name"],
  DropTypeStatement$Raw: ["drop-type", "name"],
  CreateFunctionStatement$Raw: ["create-function", "name"],
  DropFunctionStatement$Raw: ["drop-function", "name"],
  CreateAggregateStatement$Raw: ["create-aggregate", "aggregateName"],
  DropAggregateStatement$Raw: ["drop-aggregate", "name"],
};

/** The same in 3.11. */
const KEYSPACE_BEFORE_4: Readonly<Record<string, readonly [action: string, field: string]>> = {
  DropKeyspaceStatement: ["drop-keyspace", "keyspace"],
  DropIndexStatement: ["drop-index", "cfName"],
  CreateTypeStatement: ["create-type", "name"],
  AlterTypeStatement$Add: ["alter-type", "name"],
  AlterTypeStatement$Renames: ["alter-type", "name"],
  DropTypeStatement: ["drop-type", "name"],
  CreateFunctionStatement: ["create-function", "functionName"],
  DropFunctionStatement: ["drop-function", "functionName"],
  CreateAggregateStatement: ["create-aggregate", "functionName"],
  DropAggregateStatement: ["drop-aggregate", "functionName"],
};

/** Those of 3.11 that keep a keyspace as a name. */
const NAMED_KEYSPACE: Readonly<Record<string, string>> = {
  CreateKeyspaceStatement: "create-keyspace",
  AlterKeyspaceStatement: "alter-keyspace",
};

/** Of all versions together: a class that two of them have means the same in both. */
const TABLES: typeof TABLE = { ...TABLE, ...TABLE_BEFORE_4 };
const KEYSPACES: typeof TABLE = { ...KEYSPACE, ...KEYSPACE_BEFORE_4 };

/** Of the others. The server does not tell users from roles, so the second word does. */
const OTHER: Readonly<Record<string, string>> = {
  CreateRoleStatement: "create-role",
  AlterRoleStatement: "alter-role",
  DropRoleStatement: "drop-role",
  ListRolesStatement: "list-roles",
  ListUsersStatement: "list-users",
  GrantRoleStatement: "grant-role",
  RevokeRoleStatement: "revoke-role",
  GrantPermissionsStatement: "grant-permission",
  RevokePermissionsStatement: "revoke-permission",
  ListPermissionsStatement: "list-permissions",
  AddIdentityStatement: "add-identity",
  DropIdentityStatement: "drop-identity",
};

const MODIFICATION = /^(?:UpdateStatement|DeleteStatement)\$/;

/** What a statement that the server accepts needs, in the form of a row. */
export function serverNeeds(report: Accepted): string {
  if (report.class === "BatchStatement$Parsed") return `batch: ${report.children.map(needOf).join("; ")}`;
  if (report.class === "CreateViewStatement$Raw") return viewNeeds(report, "viewName", "tableName");
  if (report.class === "CreateViewStatement") return viewNeeds(report, "cfName", "baseName");
  if (report.class.startsWith("DescribeStatement$")) return describeNeeds(report);
  const other = OTHER[report.class];
  if (other === undefined) return needOf(report);
  return report.words[1] === "K_USER" ? other.replace("-role", "-user") : other;
}

function needOf(report: StatementReport): string {
  const keyspaceAction = NAMED_KEYSPACE[report.class];
  if (keyspaceAction !== undefined) return `${keyspaceAction} ${nameOf(report, "name")[1]}.`;
  const [action, field] = TABLES[report.class] ?? KEYSPACES[report.class] ?? [];
  if (action === undefined || field === undefined) throw new Error(`unknown statement: ${report.class}`);
  const [keyspace, name] = nameOf(report, field);
  const actions = report.conditional && MODIFICATION.test(report.class) ? `${action},select` : action;
  return `${actions} ${keyspace}.${report.class in TABLES ? name : ""}`;
}

/** CreateViewStatement.Raw.prepare() takes the keyspace of the view for both, and refuses a base table in another one. */
function viewNeeds(report: StatementReport, viewField: string, baseField: string): string {
  const [keyspace, view] = nameOf(report, viewField);
  const [baseKeyspace, base] = nameOf(report, baseField);
  return `create-materialized-view ${keyspace}.${view}; select ${baseKeyspace || keyspace}.${base}`;
}

function describeNeeds(report: Accepted): string {
  if ("val$name" in report.names) return genericDescribeNeeds(report);
  if (report.class !== "DescribeStatement$Element") return "describe";
  const [keyspace] = nameOf(report, "keyspace");
  const [, name] = nameOf(report, "name");
  const isTable = report.words[1] === "K_COLUMNFAMILY" || report.words[1] === "K_MATERIALIZED";
  return `describe ${keyspace}.${isTable ? name : ""}`;
}

/** DescribeStatement.generic(): without a keyspace, the keyspace of that name, else what has it in the one in force. */
function genericDescribeNeeds(report: StatementReport): string {
  const [keyspace] = nameOf(report, "val$keyspace");
  const [, name] = nameOf(report, "val$name");
  return keyspace === "" ? `describe ${name}.; describe .${name}` : `describe ${keyspace}.${name}`;
}

/** Empty where there is none. A statement of 3.11 that has the class of later ones has its table in `cfName`. */
function nameOf({ names }: StatementReport, field: string): readonly [keyspace: string, name: string] {
  const [keyspace, name] = names[field] ?? (field === "qualifiedName" ? names["cfName"] : undefined) ?? [null, null];
  return [keyspace ?? "", name ?? ""];
}
