import { readToEnd } from "./ending.ts";
import {
  keyspaceNeed,
  keyspaceStatement,
  notUnderstood,
  statementOf,
  tableNeed,
  tableStatement,
  untargeted,
} from "./known-statements.ts";
import { nameOf, QualifiedName } from "./name.ts";
import type { NotUnderstood, ParsedStatement, Statement } from "./statement.ts";
import type { Tokenizer, TokenKind } from "./tokenizer.ts";

const name = new QualifiedName();
const NAME_EXPECTED = notUnderstood("a name is expected in DESCRIBE");

/** A statement whose first word, DESCRIBE or DESC, is the present token. Servers know it from 4.0 on. */
export function parseDescribeStatement(tokens: Tokenizer): ParsedStatement {
  tokens.next();
  const described = readDescribed(tokens);
  if (!described.understood) return described;
  if (!isBehindName(tokens.kind)) return notUnderstood("the end of the statement is expected");
  return readToEnd(tokens, described);
}

/** From the word behind DESCRIBE to what is behind the name. */
function readDescribed(tokens: Tokenizer): Statement | NotUnderstood {
  switch (tokens.kind) {
    // Lists and the whole: servers take the words for these even where something is called so.
    case "CLUSTER":
    case "SCHEMA":
    case "KEYSPACES":
    case "TABLES":
    case "COLUMNFAMILIES":
    case "TYPES":
    case "FUNCTIONS":
    case "AGGREGATES":
      tokens.next();
      return untargeted("describe");
    case "FULL":
      if (tokens.next() !== "SCHEMA") return notUnderstood("SCHEMA is expected behind DESCRIBE FULL");
      tokens.next();
      return untargeted("describe");
    case "KEYSPACE":
      tokens.next();
      return readKeyspace(tokens);
    case "TABLE":
    case "COLUMNFAMILY":
      tokens.next();
      return readTableOrView(tokens);
    case "MATERIALIZED":
      if (tokens.next() !== "VIEW") return notUnderstood("VIEW is expected behind DESCRIBE MATERIALIZED");
      tokens.next();
      return readTableOrView(tokens);
    case "INDEX":
      tokens.next();
      return name.read(tokens) ? keyspaceStatement("describe", name.keyspace) : NAME_EXPECTED;
    default:
      return readNamed(tokens);
  }
}

/** Whether a token can be behind what is described: `WITH INTERNALS` or the end. WITH is reserved. */
function isBehindName(kind: TokenKind): boolean {
  return kind === "end" || kind === ";" || kind === "WITH";
}

/** Behind KEYSPACE: without a name it is the one in force. */
function readKeyspace(tokens: Tokenizer): Statement | NotUnderstood {
  if (isBehindName(tokens.kind)) return keyspaceStatement("describe", undefined);
  const keyspace = nameOf(tokens);
  if (keyspace === undefined) return NAME_EXPECTED;
  tokens.next();
  return keyspaceStatement("describe", keyspace);
}

function readTableOrView(tokens: Tokenizer): Statement | NotUnderstood {
  return name.read(tokens) ? tableStatement("describe", name) : NAME_EXPECTED;
}

/**
 * `{TYPE | FUNCTION | AGGREGATE} name`, `ONLY KEYSPACE [name]` or a name of whatever kind. None of these words is reserved:
 * with nothing or a point behind it, it is the name.
 */
function readNamed(tokens: Tokenizer): Statement | NotUnderstood {
  const word = tokens.kind;
  if (!name.read(tokens)) return NAME_EXPECTED;
  if (name.keyspace === undefined && !isBehindName(tokens.kind)) {
    if (word === "ONLY" && tokens.kind === "KEYSPACE") {
      tokens.next();
      return readKeyspace(tokens);
    }
    if (word !== "TYPE" && word !== "FUNCTION" && word !== "AGGREGATE") return NAME_EXPECTED;
    return name.read(tokens) ? keyspaceStatement("describe", name.keyspace) : NAME_EXPECTED;
  }
  if (name.keyspace !== undefined) return tableStatement("describe", name);
  // The server looks for a keyspace of this name, and then for a table, view or index in the one in force.
  return statementOf(keyspaceNeed("describe", name.name), tableNeed("describe", undefined, name.name));
}
