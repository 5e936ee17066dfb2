import { passIfExists } from "./clause.ts";
import { readToEnd } from "./ending.ts";
import { keyspaceStatement, notUnderstood, tableStatement, untargeted } from "./known-statements.ts";
import { nameOf, QualifiedName } from "./name.ts";
import type { ParsedStatement } from "./statement.ts";
import type { Tokenizer, TokenKind } from "./tokenizer.ts";

const name = new QualifiedName();

/** A statement whose first word, ALTER, is the present token. */
export function parseAlterStatement(tokens: Tokenizer): ParsedStatement {
  switch (tokens.next()) {
    case "KEYSPACE":
    case "SCHEMA":
      return alterKeyspace(tokens);
    case "TABLE":
    case "COLUMNFAMILY":
      return alterTable(tokens, "alter-table");
    case "MATERIALIZED":
      if (tokens.next() !== "VIEW") return notUnderstood("VIEW is expected behind ALTER MATERIALIZED");
      return alterTable(tokens, "alter-materialized-view");
    case "TYPE":
      return alterType(tokens);
    case "ROLE":
      return readToEnd(tokens, untargeted("alter-role"));
    case "USER":
      return readToEnd(tokens, untargeted("alter-user"));
    default:
      return notUnderstood("what to alter is expected behind ALTER");
  }
}

const EXISTS = notUnderstood("EXISTS is expected behind IF");

function alterKeyspace(tokens: Tokenizer): ParsedStatement {
  tokens.next();
  if (!passIfExists(tokens)) return EXISTS;
  const keyspace = nameOf(tokens);
  if (keyspace === undefined) return notUnderstood("the name of a keyspace is expected");
  if (tokens.next() !== "WITH") return notUnderstood("WITH is expected behind the name of a keyspace");
  return readToEnd(tokens, keyspaceStatement("alter-keyspace", keyspace));
}

function alterTable(tokens: Tokenizer, action: "alter-table" | "alter-materialized-view"): ParsedStatement {
  tokens.next();
  if (!passIfExists(tokens)) return EXISTS;
  if (!name.read(tokens)) return notUnderstood("the name of a table or view is expected");
  if (!isAlteration(tokens.kind)) return notUnderstood("what to alter is expected behind the name");
  return readToEnd(tokens, tableStatement(action, name));
}

function alterType(tokens: Tokenizer): ParsedStatement {
  tokens.next();
  if (!passIfExists(tokens)) return EXISTS;
  if (!name.read(tokens)) return notUnderstood("the name of a type is expected");
  if (!isAlteration(tokens.kind)) return notUnderstood("what to alter is expected behind the name");
  return readToEnd(tokens, keyspaceStatement("alter-type", name.keyspace));
}

/** Whether a token can be behind the name of what is altered. */
function isAlteration(kind: TokenKind): boolean {
  return kind === "ALTER" || kind === "ADD" || kind === "DROP" || kind === "RENAME" || kind === "WITH";
}
