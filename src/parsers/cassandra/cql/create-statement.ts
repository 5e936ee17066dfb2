import { passIfNotExists } from "./clause.ts";
import { readTable } from "./data-statement.ts";
import { isEnd, readToEnd } from "./ending.ts";
import {
  keyspaceStatement,
  notUnderstood,
  statementOf,
  tableNeed,
  tableStatement,
  untargeted,
} from "./known-statements.ts";
import { isAnyName, nameOf, QualifiedName, readFunctionName } from "./name.ts";
import type { ParsedStatement } from "./statement.ts";
import type { Tokenizer } from "./tokenizer.ts";

const name = new QualifiedName();
const secondName = new QualifiedName();

/** A statement whose first word, CREATE, is the present token. */
export function parseCreateStatement(tokens: Tokenizer): ParsedStatement {
  switch (tokens.next()) {
    case "KEYSPACE":
    case "SCHEMA":
      return createKeyspace(tokens);
    case "TABLE":
    case "COLUMNFAMILY":
      return createTable(tokens);
    case "CUSTOM":
      return tokens.next() === "INDEX" ? createIndex(tokens) : notUnderstood("INDEX is expected behind CREATE CUSTOM");
    case "INDEX":
      return createIndex(tokens);
    case "MATERIALIZED":
      return tokens.next() === "VIEW"
        ? createView(tokens)
        : notUnderstood("VIEW is expected behind CREATE MATERIALIZED");
    case "TYPE":
      return createType(tokens);
    case "OR":
      return createOrReplace(tokens);
    case "FUNCTION":
      return createFunction(tokens, "create-function");
    case "AGGREGATE":
      return createFunction(tokens, "create-aggregate");
    case "TRIGGER":
      return createTrigger(tokens);
    case "ROLE":
      return readToEnd(tokens, untargeted("create-role"));
    case "USER":
      return readToEnd(tokens, untargeted("create-user"));
    default:
      return notUnderstood("what to create is expected behind CREATE");
  }
}

const NOT_EXISTS = notUnderstood("NOT EXISTS is expected behind IF");

function createKeyspace(tokens: Tokenizer): ParsedStatement {
  tokens.next();
  if (!passIfNotExists(tokens)) return NOT_EXISTS;
  const keyspace = nameOf(tokens);
  if (keyspace === undefined) return notUnderstood("the name of a keyspace is expected");
  // A name alone: with a point it would be something that is not in the grammar.
  if (tokens.next() !== "WITH") return notUnderstood("WITH is expected behind the name of a keyspace");
  return readToEnd(tokens, keyspaceStatement("create-keyspace", keyspace));
}

function createTable(tokens: Tokenizer): ParsedStatement {
  tokens.next();
  if (!passIfNotExists(tokens)) return NOT_EXISTS;
  if (!name.read(tokens)) return notUnderstood("the name of a table is expected");
  if (tokens.kind === "(") return readToEnd(tokens, tableStatement("create-table", name));
  // Of later versions: the new table shows how the other is made, for which their servers ask for SELECT.
  if (tokens.kind !== "LIKE") return notUnderstood("columns or LIKE are expected behind the name of a table");
  tokens.next();
  if (!secondName.read(tokens)) return notUnderstood("the name of a table is expected behind LIKE");
  if (!isEnd(tokens) && !tokens.is("WITH")) return notUnderstood("WITH is expected behind the name of a table");
  return readToEnd(
    tokens,
    statementOf(
      tableNeed("create-table", name.keyspace, name.name),
      tableNeed("select", secondName.keyspace, secondName.name),
    ),
  );
}

/** `INDEX [IF NOT EXISTS] [name] ON table …`: the index is in the keyspace of its table. ON is reserved, so no name. */
function createIndex(tokens: Tokenizer): ParsedStatement {
  tokens.next();
  if (!passIfNotExists(tokens)) return NOT_EXISTS;
  if (tokens.kind !== "ON") {
    if (!isAnyName(tokens)) return notUnderstood("the name of an index or ON is expected");
    if (tokens.next() !== "ON") return notUnderstood("ON is expected behind the name of an index");
  }
  tokens.next();
  if (!name.read(tokens)) return notUnderstood("the name of a table is expected behind ON");
  if (tokens.kind !== "(") return notUnderstood("columns are expected behind the name of a table");
  return readToEnd(tokens, tableStatement("create-index", name));
}

function createTrigger(tokens: Tokenizer): ParsedStatement {
  tokens.next();
  if (!passIfNotExists(tokens)) return NOT_EXISTS;
  if (!isAnyName(tokens)) return notUnderstood("the name of a trigger is expected");
  if (tokens.next() !== "ON") return notUnderstood("ON is expected behind the name of a trigger");
  tokens.next();
  if (!name.read(tokens)) return notUnderstood("the name of a table is expected behind ON");
  if (tokens.kind !== "USING") return notUnderstood("USING is expected behind the name of a table");
  return readToEnd(tokens, tableStatement("create-trigger", name));
}

/**
 * A view is in its own or else the connection's keyspace, and its base table in the same one unless it is named: servers
 * refuse any other.
 */
function createView(tokens: Tokenizer): ParsedStatement {
  tokens.next();
  if (!passIfNotExists(tokens)) return NOT_EXISTS;
  if (!name.read(tokens)) return notUnderstood("the name of a view is expected");
  if (tokens.kind !== "AS" || tokens.next() !== "SELECT") {
    return notUnderstood("AS SELECT is expected behind the name of a view");
  }
  const missing = readTable("SELECT", tokens, secondName);
  if (missing !== undefined) return notUnderstood(missing);
  if (!tokens.is("WHERE") && !tokens.is("PRIMARY")) {
    return notUnderstood("WHERE or PRIMARY KEY is expected behind the base table");
  }
  return readToEnd(
    tokens,
    statementOf(
      tableNeed("create-materialized-view", name.keyspace, name.name),
      tableNeed("select", secondName.keyspace ?? name.keyspace, secondName.name),
    ),
  );
}

function createOrReplace(tokens: Tokenizer): ParsedStatement {
  if (tokens.next() !== "REPLACE") return notUnderstood("REPLACE is expected behind OR");
  switch (tokens.next()) {
    case "FUNCTION":
      return createFunction(tokens, "create-function");
    case "AGGREGATE":
      return createFunction(tokens, "create-aggregate");
    default:
      return notUnderstood("FUNCTION or AGGREGATE is expected behind OR REPLACE");
  }
}

function createType(tokens: Tokenizer): ParsedStatement {
  tokens.next();
  if (!passIfNotExists(tokens)) return NOT_EXISTS;
  if (!name.read(tokens)) return notUnderstood("the name of a type is expected");
  if (tokens.kind !== "(") return notUnderstood("fields are expected behind the name of a type");
  return readToEnd(tokens, keyspaceStatement("create-type", name.keyspace));
}

function createFunction(tokens: Tokenizer, action: "create-function" | "create-aggregate"): ParsedStatement {
  tokens.next();
  if (!passIfNotExists(tokens)) return NOT_EXISTS;
  const created = readFunctionName(tokens);
  if (created === undefined) return notUnderstood("the name of a function or aggregate is expected");
  if (tokens.kind !== "(") return notUnderstood("arguments are expected behind the name of a function or aggregate");
  return readToEnd(tokens, keyspaceStatement(action, created.keyspace));
}
