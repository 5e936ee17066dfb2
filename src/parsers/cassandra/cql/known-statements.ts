import type { Action } from "../action.ts";
import type { QualifiedName } from "./name.ts";
import type { Need, NotUnderstood, Statement, Target } from "./statement.ts";

/** Statements about one table that are kept, so that a form that comes again makes nothing. A power of two. */
const STATEMENTS_KEPT = 4096;

interface KeptStatement {
  readonly action: Action;
  readonly conditional: boolean;
  readonly keyspace: string | undefined;
  readonly table: string;
  readonly statement: Statement;
}

/** A newer statement takes the place. */
const kept: (KeptStatement | undefined)[] = new Array(STATEMENTS_KEPT).fill(undefined);

/** A statement that does `action` to the table of this name, and reads it too if `conditional`. */
export function tableStatement(action: Action, conditional: boolean, name: QualifiedName): Statement {
  const { keyspace, name: table, hash } = name;
  const mixed = Math.imul(hash, 31) + action.length + (conditional ? 8 : 0);
  const place = (mixed ^ (mixed >>> 13)) & (STATEMENTS_KEPT - 1);
  const found = kept[place];
  if (
    found !== undefined &&
    found.table === table &&
    found.keyspace === keyspace &&
    found.action === action &&
    found.conditional === conditional
  ) {
    return found.statement;
  }
  const actions: readonly Action[] = conditional ? [action, "select"] : [action];
  const statement = statementOf({ actions, target: { kind: "table", keyspace, table } });
  kept[place] = { action, conditional, keyspace, table, statement };
  return statement;
}

/** A statement that is no batch. */
export function statementOf(...needs: readonly Need[]): Statement {
  return { understood: true, needs, batch: false };
}

const NO_TARGET: Target = { kind: "none" };

/** A statement about neither a table nor a keyspace. */
export function untargeted(action: Action): Statement {
  return statementOf({ actions: [action], target: NO_TARGET });
}

/** A statement about a keyspace, or about something in it; `undefined` is the keyspace in force. */
export function keyspaceStatement(action: Action, keyspace: string | undefined): Statement {
  return statementOf(keyspaceNeed(action, keyspace));
}

export function keyspaceNeed(action: Action, keyspace: string | undefined): Need {
  return { actions: [action], target: { kind: "keyspace", keyspace } };
}

export function tableNeed(action: Action, keyspace: string | undefined, table: string): Need {
  return { actions: [action], target: { kind: "table", keyspace, table } };
}

export function notUnderstood(reason: string): NotUnderstood {
  return { understood: false, reason };
}
