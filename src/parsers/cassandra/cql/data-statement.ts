import type { Action } from "../action.ts";
import { readEnd } from "./ending.ts";
import { notUnderstood, tableStatement } from "./known-statements.ts";
import { QualifiedName } from "./name.ts";
import type { ParsedStatement } from "./statement.ts";
import type { Tokenizer, TokenKind } from "./tokenizer.ts";

/** Verbs of statements that read or write rows. */
export type DataVerb = "SELECT" | "INSERT" | "UPDATE" | "DELETE";

export const DATA_ACTIONS: Readonly<Record<DataVerb, Action>> = {
  SELECT: "select",
  INSERT: "insert",
  UPDATE: "update",
  DELETE: "delete",
};

const name = new QualifiedName();

/** A statement whose verb is the present token. */
export function parseDataStatement(verb: DataVerb, tokens: Tokenizer): ParsedStatement {
  const missing = readTable(verb, tokens, name);
  if (missing !== undefined) return notUnderstood(missing);
  const conditional = readRest(tokens);
  if (conditional && verb === "SELECT") return notUnderstood("IF is not expected in SELECT");
  return readEnd(tokens, tableStatement(DATA_ACTIONS[verb], conditional, name));
}

/**
 * Behind a verb: moves behind the name of the table.
 *
 * @param table Where the name is put.
 * @returns What is missing.
 */
export function readTable(verb: DataVerb, tokens: Tokenizer, table: QualifiedName): string | undefined {
  if (verb === "INSERT") {
    if (tokens.next() !== "INTO") return "INTO is expected behind INSERT";
    tokens.next();
    return table.read(tokens) ? undefined : "the name of a table is expected behind INTO";
  }
  if (verb === "UPDATE") {
    tokens.next();
    return table.read(tokens) ? undefined : "the name of a table is expected behind UPDATE";
  }
  return readFrom(tokens, table);
}

/**
 * FROM is reserved, and in the grammar of SELECT and DELETE it stands once, before the table. So the first one outside of
 * quotes and comments is that one, however the selection before it is nested.
 */
function readFrom(tokens: Tokenizer, table: QualifiedName): string | undefined {
  let kind = tokens.next();
  while (goesOn(kind)) kind = tokens.next();
  if (kind !== "FROM") return "FROM is expected";
  tokens.next();
  return table.read(tokens) ? undefined : "the name of a table is expected behind FROM";
}

/**
 * Passes over what is behind the name of a table, to the end, a semicolon or a word that only begins something else.
 *
 * @returns Whether the statement has a condition. IF is reserved, and stands only where one begins: it makes the server
 *   read the row and tell what is in it.
 */
export function readRest(tokens: Tokenizer): boolean {
  let conditional = false;
  for (let kind = tokens.kind; goesOn(kind); kind = tokens.next()) {
    if (kind === "IF") conditional = true;
  }
  return conditional;
}

/**
 * Whether a token can be within a statement about rows. The words that cannot are all reserved: no name, value or option
 * is spelled like them, so that a text in which one comes up twice is not what it seems.
 */
function goesOn(kind: TokenKind): boolean {
  switch (kind) {
    // The most frequent ones.
    case "symbol":
    case "word":
    case "literal":
      return true;
    case "end":
    case "invalid":
    case ";":
    case "SELECT":
    case "FROM":
    case "INSERT":
    case "INTO":
    case "UPDATE":
    case "DELETE":
    case "BEGIN":
    case "BATCH":
    case "APPLY":
      return false;
    default:
      return true;
  }
}
