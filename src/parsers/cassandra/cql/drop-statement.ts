import type { Action } from "../action.ts";
import { passIfExists } from "./clause.ts";
import { readEnd, readToEnd } from "./ending.ts";
import { keyspaceStatement, notUnderstood, tableStatement, untargeted } from "./known-statements.ts";
import { nameOf, QualifiedName } from "./name.ts";
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
      return dropInKeyspace(tokens, "drop-function");
    case "AGGREGATE":
      return dropInKeyspace(tokens, "drop-aggregate");
    case "TRIGGER":
      return dropTrigger(tokens);
    case "ROLE":
      return readToEnd(tokens, untargeted("drop-role"));
    case "USER":
      return readToEnd(tokens, untargeted("drop-user"));
    case "IDENTITY":
      return readToEnd(tokens, untargeted("drop-identity"));
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

/** What is dropped is known by its name, and for functions and aggregates by the types of its arguments. */
function dropInKeyspace(tokens: Tokenizer, action: Action): ParsedStatement {
  tokens.next();
  if (!passIfExists(tokens)) return EXISTS;
  if (!name.read(tokens)) return notUnderstood("a name is expected");
  return readToEnd(tokens, keyspaceStatement(action, name.keyspace));
}

function dropTrigger(tokens: Tokenizer): ParsedStatement {
  tokens.next();
  if (!passIfExists(tokens)) return EXISTS;
  if (tokens.kind !== "quoted" && nameOf(tokens) === undefined)
    return notUnderstood("the name of a trigger is expected");
  if (tokens.next() !== "ON") return notUnderstood("ON is expected behind the name of a trigger");
  tokens.next();
  if (!name.read(tokens)) return notUnderstood("the name of a table is expected behind ON");
  return readEnd(tokens, tableStatement("drop-trigger", name));
}
