// Responses of the CQL binary protocol, versions 3 and 4, as latin1 text. Layout: native_protocol_v4.spec, section 4.2.
import { type FrameOptions, int, Opcode, response, short, string, stringMultimap, utf8, value } from "./cql-frame.ts";

const ResultKind = { Void: 1, Rows: 2, SetKeyspace: 3, Prepared: 4, SchemaChange: 5 } as const;
const GLOBAL_TABLE = 0x01;
const VARCHAR = 0x0d;

export function ready(frame: FrameOptions = {}): string {
  return response(Opcode.Ready, "", frame);
}

export function authenticate(authenticator: string, frame: FrameOptions = {}): string {
  return response(Opcode.Authenticate, string(utf8(authenticator)), frame);
}

export function authChallenge(token: string | null, frame: FrameOptions = {}): string {
  return response(Opcode.AuthChallenge, value(token), frame);
}

export function authSuccess(token: string | null = null, frame: FrameOptions = {}): string {
  return response(Opcode.AuthSuccess, value(token), frame);
}

export function supported(options: Readonly<Record<string, readonly string[]>>, frame: FrameOptions = {}): string {
  return response(Opcode.Supported, stringMultimap(options), frame);
}

/** @param more What some codes have behind the message, as latin1 bytes: the unknown id of 0x2500. */
export function error(code: number, message: string, frame: FrameOptions = {}, more = ""): string {
  return response(Opcode.Error, int(code) + string(utf8(message)) + more, frame);
}

export function resultVoid(frame: FrameOptions = {}): string {
  return response(Opcode.Result, int(ResultKind.Void), frame);
}

/** The rows of one table, all columns text. */
export interface Rows {
  readonly keyspace: string;
  readonly table: string;
  readonly columns: readonly string[];
  /** Latin1 bytes. */
  readonly rows: readonly (readonly (string | null)[])[];
}

function columnsOf({ keyspace, table, columns }: Omit<Rows, "rows">): string {
  const names = columns.map((column) => string(utf8(column)) + short(VARCHAR)).join("");
  return string(utf8(keyspace)) + string(utf8(table)) + names;
}

export function resultRows(rows: Rows, frame: FrameOptions = {}): string {
  const metadata = int(GLOBAL_TABLE) + int(rows.columns.length) + columnsOf(rows);
  const content = int(rows.rows.length) + rows.rows.flatMap((row) => row.map(value)).join("");
  return response(Opcode.Result, int(ResultKind.Rows) + metadata + content, frame);
}

export function resultSetKeyspace(keyspace: string, frame: FrameOptions = {}): string {
  return response(Opcode.Result, int(ResultKind.SetKeyspace) + string(utf8(keyspace)), frame);
}

/** `parameters`: what is bound, `result`: what comes back; default nothing. From version 4 on with indices of the key. */
export function resultPrepared(
  id: string,
  frame: FrameOptions = {},
  parameters: Omit<Rows, "rows"> = { keyspace: "", table: "", columns: [] },
  result: Omit<Rows, "rows"> = { keyspace: "", table: "", columns: [] },
): string {
  const metadata = (columns: Omit<Rows, "rows">, keys: string): string => {
    const none = columns.columns.length === 0;
    return int(none ? 0 : GLOBAL_TABLE) + int(columns.columns.length) + keys + (none ? "" : columnsOf(columns));
  };
  const keys = (frame.version ?? 4) >= 4 ? int(0) : "";
  const both = metadata(parameters, keys) + metadata(result, "");
  return response(Opcode.Result, int(ResultKind.Prepared) + string(id) + both, frame);
}

/** `change`: CREATED, UPDATED or DROPPED; `target`: KEYSPACE (names: the keyspace) or TABLE, TYPE (keyspace and name). */
function schemaChange(change: string, target: string, names: readonly string[]): string {
  return [change, target, ...names].map((text) => string(utf8(text))).join("");
}

export function resultSchemaChange(
  change: string,
  target: string,
  names: readonly string[],
  frame: FrameOptions = {},
): string {
  return response(Opcode.Result, int(ResultKind.SchemaChange) + schemaChange(change, target, names), frame);
}

/** EVENT SCHEMA_CHANGE; on stream -1 unless the frame says otherwise. */
export function schemaEvent(
  change: string,
  target: string,
  names: readonly string[],
  frame: FrameOptions = {},
): string {
  const message = string("SCHEMA_CHANGE") + schemaChange(change, target, names);
  return response(Opcode.Event, message, { stream: -1, ...frame });
}
