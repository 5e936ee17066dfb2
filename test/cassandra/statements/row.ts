import type { Action } from "../../../src/parsers/cassandra/action.ts";
import { KEYSPACE_ACTIONS, TABLE_ACTIONS } from "../../../src/parsers/cassandra/action.ts";
import type { Need, ParsedStatement, Statement, Target } from "../../../src/parsers/cassandra/cql/statement.ts";

/** The expectation of a text that must be refused. */
export const NOT_UNDERSTOOD = "not understood";

/** What Cassandra 5.0 says where that does not follow from the needs. */
export type Server =
  /** It refuses a text that we understand: another version has it, or our parser is allowed to be laxer. */
  | "server refuses"
  /** It accepts a text that we refuse all the same. */
  | "server accepts";

/**
 * A statement and its needs: `select ks.t` is about a table, `use ks.` about a keyspace, `create-role` about neither. An
 * empty name before the dot is the keyspace in force. Actions on the same target are joined by commas, needs by
 * semicolons; a batch begins with `batch:`. What begins with `?` may be refused as well.
 */
export type Row = readonly [text: string | Buffer, needs: string, server?: Server];

const ON_TABLE: ReadonlySet<string> = new Set(TABLE_ACTIONS);
const ON_KEYSPACE: ReadonlySet<string> = new Set(KEYSPACE_ACTIONS);

/** Whether what a parser found, as text, is what a row expects. */
export function isExpected(found: string, expected: string): boolean {
  return found === withoutDoubt(expected) || (found === NOT_UNDERSTOOD && expected.startsWith("?"));
}

/** The needs of a row that may be understood. */
export function withoutDoubt(expected: string): string {
  return expected.replace(/^\?\s*/, "");
}

/** The statement of a row that may be understood. */
export function toStatement(expected: string): Statement {
  const text = withoutDoubt(expected);
  const batch = text.startsWith("batch:");
  return {
    understood: true,
    needs: text
      .replace(/^batch:/, "")
      .split(";")
      .map(toNeed),
    batch,
  };
}

function toNeed(text: string): Need {
  const [actions, name] = text.trim().split(" ");
  return { actions: (actions ?? "").split(",") as Action[], target: toTarget(name) };
}

function toTarget(name: string | undefined): Target {
  if (name === undefined) return { kind: "none" };
  const [keyspace, table] = name.split(".");
  if (table === undefined) throw new TypeError(`${name}: a table is written ks.t or .t, a keyspace ks. or .`);
  if (table === "") return { kind: "keyspace", keyspace: keyspace || undefined };
  return { kind: "table", keyspace: keyspace || undefined, table };
}

/** What a parser found, in the form of a row. */
export function toRowNeeds(parsed: ParsedStatement): string {
  if (!parsed.understood) return NOT_UNDERSTOOD;
  return (parsed.batch ? "batch: " : "") + parsed.needs.map(needText).join("; ");
}

function needText({ actions, target }: Need): string {
  const text = actions.join(",");
  if (target.kind === "none") return text;
  return `${text} ${target.keyspace ?? ""}.${target.kind === "table" ? target.table : ""}`;
}

/** Whether the kind of target is the one that belongs to the action: a row of the table cannot get that wrong unnoticed. */
export function fitsAction({ actions, target }: Need): boolean {
  return actions.every((action) => {
    if (action === "describe") return true;
    if (ON_TABLE.has(action)) return target.kind === "table";
    return target.kind === (ON_KEYSPACE.has(action) ? "keyspace" : "none");
  });
}

/** A text's bytes, as they come in a request. */
export function toBytes(text: string | Buffer): Buffer {
  return typeof text === "string" ? Buffer.from(text) : text;
}
