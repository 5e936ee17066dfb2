import type { Action } from "../action.ts";
import type { QualifiedName } from "./name.ts";
import type { Need, NotUnderstood, Statement, Target } from "./statement.ts";

/** Statements about one table that are kept, so that a form that comes again makes nothing. A power of two. */
const STATEMENTS_KEPT = 16_384;

interface KeptStatement {
  readonly action: Action;
  readonly keyspace: string | undefined;
  readonly table: string;
  readonly statement: Statement;
}

/** In each, a newer statement takes the place. */
type KeptStatements = (KeptStatement | undefined)[];
const kept: KeptStatements = new Array(STATEMENTS_KEPT).fill(undefined);
const keptConditionals: KeptStatements = new Array(STATEMENTS_KEPT).fill(undefined);

/** A statement that does `action` to the table of this name. */
export function tableStatement(action: Action, name: QualifiedName): Statement {
  return findKept(kept, action, name) ?? keep(kept, action, name, [action]);
}

/** A statement that does `action` to rows of the table if they are as it says: it reads them. */
export function conditionalStatement(action: Action, name: QualifiedName): Statement {
  return findKept(keptConditionals, action, name) ?? keep(keptConditionals, action, name, [action, "select"]);
}

/** Actions on rows are all of six letters, and differ in the first one. */
function placeOf(action: Action, name: QualifiedName): number {
  const mixed = Math.imul(name.hash, 31) + (action.charCodeAt(0) << 5) + action.length;
  return (mixed ^ (mixed >>> 13)) & (STATEMENTS_KEPT - 1);
}

function findKept(among: KeptStatements, action: Action, name: QualifiedName): Statement | undefined {
  const found = among[placeOf(action, name)];
  if (found === undefined || found.table !== name.name || found.keyspace !== name.keyspace) return undefined;
  return found.action === action ? found.statement : undefined;
}

function keep(among: KeptStatements, action: Action, name: QualifiedName, actions: readonly Action[]): Statement {
  const { keyspace, name: table } = name;
  const statement = statementOf({ actions, target: { kind: "table", keyspace, table } });
  among[placeOf(action, name)] = { action, keyspace, table, statement };
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
