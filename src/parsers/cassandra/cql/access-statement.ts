import { readEnd, readToEnd } from "./ending.ts";
import { notUnderstood, untargeted } from "./known-statements.ts";
import { isRoleName } from "./name.ts";
import type { ParsedStatement } from "./statement.ts";
import type { Tokenizer, TokenKind } from "./tokenizer.ts";

/**
 * `GRANT permissions ON resource TO role` or `GRANT role TO role`, whose first word is the present token. Both words are
 * reserved, so that the first of them tells which it is, even where a role is called `all`.
 */
export function parseGrantStatement(tokens: Tokenizer): ParsedStatement {
  const kind = passTo("TO", tokens);
  if (kind === "ON") return readToEnd(tokens, untargeted("grant-permission"));
  if (kind === "TO") return readToEnd(tokens, untargeted("grant-role"));
  return notUnderstood("ON or TO is expected in GRANT");
}

/** `REVOKE permissions ON resource FROM role` or `REVOKE role FROM role`. */
export function parseRevokeStatement(tokens: Tokenizer): ParsedStatement {
  const kind = passTo("FROM", tokens);
  if (kind === "ON") return readToEnd(tokens, untargeted("revoke-permission"));
  if (kind === "FROM") return readToEnd(tokens, untargeted("revoke-role"));
  return notUnderstood("ON or FROM is expected in REVOKE");
}

/** Moves to the first ON or `word`. @returns What is there: one of them, or what ends the statement before. */
function passTo(word: "TO" | "FROM", tokens: Tokenizer): TokenKind {
  let kind = tokens.next();
  while (kind !== "ON" && kind !== word && kind !== ";" && kind !== "end" && kind !== "invalid") kind = tokens.next();
  return kind;
}

/** `LIST {ROLES | USERS | SUPERUSERS} …` or `LIST permissions …`. */
export function parseListStatement(tokens: Tokenizer): ParsedStatement {
  const kind = tokens.next();
  switch (kind) {
    case "ROLES":
      return parseListRoles(tokens);
    case "USERS":
    case "SUPERUSERS":
      tokens.next();
      return readEnd(tokens, untargeted(kind === "USERS" ? "list-users" : "list-superusers"));
    default:
      return isPermission(kind)
        ? readToEnd(tokens, untargeted("list-permissions"))
        : notUnderstood("what to list is expected behind LIST");
  }
}

/** `LIST ROLES [OF role] [NORECURSIVE]`. */
function parseListRoles(tokens: Tokenizer): ParsedStatement {
  if (tokens.next() === "OF") {
    tokens.next();
    if (!isRoleName(tokens)) return notUnderstood("a name is expected behind OF");
    tokens.next();
  }
  if (tokens.kind === "NORECURSIVE") tokens.next();
  return readEnd(tokens, untargeted("list-roles"));
}

function isPermission(kind: TokenKind): boolean {
  switch (kind) {
    case "ALL":
    case "CREATE":
    case "ALTER":
    case "DROP":
    case "SELECT":
    case "MODIFY":
    case "AUTHORIZE":
    case "DESCRIBE":
    case "EXECUTE":
    case "UNMASK":
    case "SELECT_MASKED":
      return true;
    default:
      return false;
  }
}

/** `ADD IDENTITY … TO ROLE …`. */
export function parseAddStatement(tokens: Tokenizer): ParsedStatement {
  if (tokens.next() !== "IDENTITY") return notUnderstood("IDENTITY is expected behind ADD");
  return readToEnd(tokens, untargeted("add-identity"));
}
