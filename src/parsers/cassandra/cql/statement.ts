import type { Action } from "../action.ts";

/**
 * What a need is about. A keyspace that is `undefined` is the one in force on the connection. Names are as the server
 * keeps them: unquoted ones in lower case, quoted ones as written, without their quotes.
 */
export type Target =
  | { readonly kind: "none" }
  | { readonly kind: "keyspace"; readonly keyspace: string | undefined }
  | { readonly kind: "table"; readonly keyspace: string | undefined; readonly table: string };

/** All that a statement, or one child of a batch, does to one table, keyspace or neither. */
export interface Need {
  /** At least one, all of which policy must allow: a conditional insert is `insert` and `select`. */
  readonly actions: readonly Action[];
  readonly target: Target;
}

/** A statement that was understood. */
export interface Statement {
  readonly understood: true;
  /** At least one. Those of a batch in the order of its children, one each; else the statement's own first. */
  readonly needs: readonly Need[];
  /** `BEGIN BATCH … APPLY BATCH`. */
  readonly batch: boolean;
}

/** A text of which we cannot tell what the server would do. It is never forwarded. */
export interface NotUnderstood {
  readonly understood: false;
  /** For the access log: what was expected. A constant: it holds nothing of the text. */
  readonly reason: string;
}

export type ParsedStatement = Statement | NotUnderstood;
