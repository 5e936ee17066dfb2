import type { Action } from "../action.ts";
import { readEnd } from "./ending.ts";
import { conditionalStatement, notUnderstood, tableStatement } from "./known-statements.ts";
import { QualifiedName } from "./name.ts";
import type { ParsedStatement } from "./statement.ts";
import type { Tokenizer, TokenKind } from "./tokenizer.ts";

/** Verbs of statements that read or write rows. */
export type DataVerb = "SELECT" | "INSERT" | "UPDATE" | "DELETE";

const DATA_ACTIONS: Readonly<Record<DataVerb, Action>> = {
  SELECT: "select",
  INSERT: "insert",
  UPDATE: "update",
  DELETE: "delete",
};

const name = new QualifiedName();

/** A statement whose verb is the present token. */
export function parseDataStatement(verb: DataVerb, tokens: Tokenizer): ParsedStatement {
  const parsed = readDataStatement(verb, tokens);
  return parsed.understood ? readEnd(tokens, parsed) : parsed;
}

/** Reads from a verb to the end of its statement, a semicolon or what begins another. */
export function readDataStatement(verb: DataVerb, tokens: Tokenizer): ParsedStatement {
  const missing = readTable(verb, tokens, name);
  if (missing !== undefined) return notUnderstood(missing);
  if (!mayFollowTable(verb, tokens.kind)) return notUnderstood("what follows the name of the table is not expected");
  const action = DATA_ACTIONS[verb];
  if (!readRest(tokens)) return tableStatement(action, name);
  return verb === "SELECT" ? notUnderstood("IF is not expected in SELECT") : conditionalStatement(action, name);
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
  if (tokens.nextMark() !== "FROM") return "FROM is expected";
  tokens.next();
  return table.read(tokens) ? undefined : "the name of a table is expected behind FROM";
}

/** The words of which one is behind the name of the table. A list of tables or an alias are not in any grammar yet. */
function mayFollowTable(verb: DataVerb, kind: TokenKind): boolean {
  switch (verb) {
    case "SELECT":
      return (
        kind === "WHERE" ||
        kind === "end" ||
        kind === ";" ||
        kind === "LIMIT" ||
        kind === "ALLOW" ||
        kind === "ORDER" ||
        kind === "GROUP" ||
        kind === "PER" ||
        // Options of later versions.
        kind === "WITH"
      );
    case "INSERT":
      return kind === "(" || kind === "JSON";
    case "UPDATE":
      return kind === "SET" || kind === "USING";
    case "DELETE":
      return kind === "WHERE" || kind === "USING";
  }
}

/**
 * Passes over the present token and what is behind it, to the end, a semicolon or a mark that is not within any statement about
 * rows: such words are reserved, so that a text in which one comes up twice is not what it seems.
 *
 * @returns Whether the statement has a condition. IF is reserved, and stands only where one begins: it makes the server
 *   read the row and tell what is in it.
 */
export function readRest(tokens: Tokenizer): boolean {
  if (tokens.kind === "end" || tokens.kind === ";" || tokens.nextMark() !== "IF") return false;
  tokens.nextMark();
  return true;
}
