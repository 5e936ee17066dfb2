import { passIfExists } from "./clause.ts";
import { readEnd } from "./ending.ts";
import { keyspaceStatement, notUnderstood, tableStatement, untargeted } from "./known-statements.ts";
import { isAnyName, isRoleName, nameOf, QualifiedName, readFunctionName } from "./name.ts";
import type { ParsedStatement } from "./statement.ts";
import type { Tokenizer } from "./tokenizer.ts";

const name = new QualifiedName();

/** A statement whose first word, DROP, is the present token. */
export function parseDropStatement(tokens: Tokenizer): ParsedStatement {
  switch (tokens.next()) {
    case "KEYSPACE":
    case "SCHEMA":
      return dropKeyspace(tokens);
    case "TABLE":
    case "COLUMNFAMILY":
      return dropTable(tokens, "drop-table");
    case "MATERIALIZED":
      if (tokens.next() !== "VIEW") return notUnderstood("VIEW is expected behind DROP MATERIALIZED");
      return dropTable(tokens, "drop-materialized-view");
    case "INDEX":
      return dropInKeyspace(tokens, "drop-index");
    case "TYPE":
      return dropInKeyspace(tokens, "drop-type");
    case "FUNCTION":
      return dropFunction(tokens, "drop-function");
    case "AGGREGATE":
      return dropFunction(tokens, "drop-aggregate");
    case "TRIGGER":
      return dropTrigger(tokens);
    case "ROLE":
      return dropAccess(tokens, "drop-role");
    case "USER":
      return dropAccess(tokens, "drop-user");
    case "IDENTITY":
      return dropAccess(tokens, "drop-identity");
    default:
      return notUnderstood("what to drop is expected behind DROP");
  }
}

const EXISTS = notUnderstood("EXISTS is expected behind IF");

function dropKeyspace(tokens: Tokenizer): ParsedStatement {
  tokens.next();
  if (!passIfExists(tokens)) return EXISTS;
  const keyspace = nameOf(tokens);
  if (keyspace === undefined) return notUnderstood("the name of a keyspace is expected");
  tokens.next();
  return readEnd(tokens, keyspaceStatement("drop-keyspace", keyspace));
}

function dropTable(tokens: Tokenizer, action: "drop-table" | "drop-materialized-view"): ParsedStatement {
  tokens.next();
  if (!passIfExists(tokens)) return EXISTS;
  if (!name.read(tokens)) return notUnderstood("the name of a table or view is expected");
  return readEnd(tokens, tableStatement(action, name));
}

function dropInKeyspace(tokens: Tokenizer, action: "drop-index" | "drop-type"): ParsedStatement {
  tokens.next();
  if (!passIfExists(tokens)) return EXISTS;
  if (!name.read(tokens)) return notUnderstood("a name is expected");
  return readEnd(tokens, keyspaceStatement(action, name.keyspace));
}

/** Behind the name may be the types of the arguments, none of which has a parenthesis in it. */
function dropFunction(tokens: Tokenizer, action: "drop-function" | "drop-aggregate"): ParsedStatement {
  tokens.next();
  if (!passIfExists(tokens)) return EXISTS;
  const dropped = readFunctionName(tokens);
  if (dropped === undefined) return notUnderstood("the name of a function or aggregate is expected");
  if (tokens.kind === "(") {
    let kind = tokens.next();
    while (kind !== ")" && kind !== "end" && kind !== "invalid") kind = tokens.next();
    if (kind !== ")") return notUnderstood(") is expected behind types");
    tokens.next();
  }
  return readEnd(tokens, keyspaceStatement(action, dropped.keyspace));
}

/** What is no object of a keyspace: one name, which may be a string. */
function dropAccess(tokens: Tokenizer, action: "drop-role" | "drop-user" | "drop-identity"): ParsedStatement {
  tokens.next();
  if (!passIfExists(tokens)) return EXISTS;
  if (!isRoleName(tokens)) return notUnderstood("a name is expected");
  tokens.next();
  return readEnd(tokens, untargeted(action));
}

function dropTrigger(tokens: Tokenizer): ParsedStatement {
  tokens.next();
  if (!passIfExists(tokens)) return EXISTS;
  if (!isAnyName(tokens)) return notUnderstood("the name of a trigger is expected");
  if (tokens.next() !== "ON") return notUnderstood("ON is expected behind the name of a trigger");
  tokens.next();
  if (!name.read(tokens)) return notUnderstood("the name of a table is expected behind ON");
  return readEnd(tokens, tableStatement("drop-trigger", name));
}
