import {
  parseAddStatement,
  parseGrantStatement,
  parseListStatement,
  parseRevokeStatement,
} from "./access-statement.ts";
import { parseAlterStatement } from "./alter-statement.ts";
import { parseBatchStatement } from "./batch-statement.ts";
import { parseCreateStatement } from "./create-statement.ts";
import { parseDataStatement } from "./data-statement.ts";
import { parseDescribeStatement } from "./describe-statement.ts";
import { parseDropStatement } from "./drop-statement.ts";
import { readEnd } from "./ending.ts";
import { keyspaceStatement, notUnderstood, tableStatement } from "./known-statements.ts";
import { nameOf, QualifiedName } from "./name.ts";
import type { ParsedStatement } from "./statement.ts";
import { Tokenizer } from "./tokenizer.ts";

const tokens = new Tokenizer();
const name = new QualifiedName();

/**
 * Finds what a CQL text needs: one statement, with or without semicolons behind it.
 *
 * It reads as much of the grammar of Cassandra 3.11 to 5.0 (`Parser.g`) as tells what is done to which table. What servers
 * would refuse may come out as anything: it is not executed. What they execute comes out with all of its needs, or as not
 * understood. Time is linear in the text, and nothing is recursive.
 *
 * @param bytes Memory that holds the text as UTF-8 in [start, end). Only read, and not kept.
 */
export function parseStatement(bytes: Buffer, start: number, end: number): ParsedStatement {
  tokens.reset(bytes, start, end);
  const parsed = parse();
  tokens.release();
  // What stopped the parser is told first: it saw an unknown token only as one that it did not expect.
  return tokens.problem === "" ? parsed : notUnderstood(tokens.problem);
}

/** The first word of a statement tells which rule of the grammar it is. */
function parse(): ParsedStatement {
  const verb = tokens.next();
  switch (verb) {
    case "SELECT":
    case "INSERT":
    case "UPDATE":
    case "DELETE":
      return parseDataStatement(verb, tokens);
    case "BEGIN":
      return parseBatchStatement(tokens);
    case "USE":
      return parseUse();
    case "TRUNCATE":
      return parseTruncate();
    case "CREATE":
      return parseCreateStatement(tokens);
    case "ALTER":
      return parseAlterStatement(tokens);
    case "DROP":
      return parseDropStatement(tokens);
    case "GRANT":
      return parseGrantStatement(tokens);
    case "REVOKE":
      return parseRevokeStatement(tokens);
    case "LIST":
      return parseListStatement(tokens);
    case "ADD":
      return parseAddStatement(tokens);
    case "DESCRIBE":
    case "DESC":
      return parseDescribeStatement(tokens);
    case "end":
      return notUnderstood("the text is empty");
    default:
      return notUnderstood("no statement begins like this");
  }
}

function parseUse(): ParsedStatement {
  tokens.next();
  const keyspace = nameOf(tokens);
  if (keyspace === undefined) return notUnderstood("the name of a keyspace is expected behind USE");
  tokens.next();
  return readEnd(tokens, keyspaceStatement("use", keyspace));
}

/** `TRUNCATE [TABLE | COLUMNFAMILY] table`: both words are reserved, so that they are never the name. */
function parseTruncate(): ParsedStatement {
  const kind = tokens.next();
  if (kind === "TABLE" || kind === "COLUMNFAMILY") tokens.next();
  if (!name.read(tokens)) return notUnderstood("the name of a table is expected behind TRUNCATE");
  return readEnd(tokens, tableStatement("truncate-table", name));
}
