import assert from "node:assert/strict";
import { cassandra } from "../../src/parsers/cassandra/parser.ts";
import type { Extension } from "../../src/proxylib/parser.ts";
import type {
  ScriptedConnection,
  ScriptedOptions,
  ScriptedRecord,
  ScriptedRules,
} from "../../src/proxylib/testing/index.ts";
import { type Connect, connectInProcess, type Steps, talkTests } from "../support/talk-tests.ts";
import { startup } from "./cql-request.ts";
import { error, ready } from "./cql-response.ts";

/** A talk between client and server through the parser, and what must come of it. Bytes are written as latin1. */
export interface ExchangeCase {
  readonly name: string;
  /** Default: everything is allowed. */
  readonly l7?: ScriptedRules;
  readonly mode?: ScriptedOptions["mode"];
  /** Of the STARTUP before the talk. Default: 4. */
  readonly version?: number;
  /** These are the first bytes of the connection; without it, the connection is started. */
  readonly fresh?: true;
  readonly steps: Steps;
  /** What the server gets. Default: all that the client sends. */
  readonly toServer?: string;
  /** What the client gets. Default: all that the server sends. With `violation`: what it gets before the ERROR. */
  readonly toClient?: string;
  /** As `logOf` writes records. */
  readonly log?: readonly string[];
  /** The connection is closed for this reason; without it and `violation`, it stays open. */
  readonly closed?: RegExp;
  /** The client broke the protocol: it gets an ERROR that says how, there is a record of it, and the connection closes. */
  readonly violation?: { readonly stream?: number; readonly version?: number; readonly message: RegExp };
}

/** Each case as a test: whole, byte by byte, and at random cuts. */
export function exchangeTests(cases: readonly ExchangeCase[]): void {
  talkTests(cases, open, check);
}

function open({ fresh, version, l7, mode }: ExchangeCase, connect: Connect): ScriptedConnection {
  const options = { ...(l7 !== undefined && { l7 }), ...(mode !== undefined && { mode }) };
  return fresh ? connect(cassandra(), options) : startedConnection({ ...options, version: version ?? 4, connect });
}

/** What a started connection is made of. Connections of one extension share what servers have prepared. */
export interface StartedOptions extends ScriptedOptions {
  readonly extension?: Extension;
  /** Default: 4. */
  readonly version?: number;
  readonly connect?: Connect;
}

/** A connection that has exchanged STARTUP and READY, and nothing else. */
export function startedConnection(options: StartedOptions = {}): ScriptedConnection {
  const { extension = cassandra(), version = 4, connect = connectInProcess, ...rest } = options;
  const connection = connect(extension, rest);
  connection.fromClient(startup({}, { version }));
  connection.fromServer(ready({ version }));
  assert.equal(connection.takeToServer(), startup({}, { version }));
  assert.equal(connection.takeToClient(), ready({ version }));
  connection.takeOps();
  connection.records.length = 0;
  return connection;
}

function check(exchange: ExchangeCase, connection: ScriptedConnection, way: string): void {
  const sentBy = (side: "client" | "server"): string =>
    exchange.steps.map(([from, bytes]) => (from === side ? bytes : "")).join("");
  const { closed, violation, toServer = sentBy("client"), toClient = sentBy("server") } = exchange;
  const reason = connection.closeReason?.message;
  const expected = closed ?? violation?.message;
  if (expected === undefined) assert.equal(reason, undefined, way);
  else assert.match(reason ?? "still open", expected, way);
  assert.equal(connection.takeToServer(), toServer, way);
  assert.equal(connection.takeToClient(), toClient + (violation ? violationFrame(violation, reason) : ""), way);
  if (expected !== undefined) assert.equal(logOf(connection.records).at(-1), `Error ${reason}`, way);
  if (exchange.log !== undefined) assert.deepEqual(logOf(connection.records), exchange.log, way);
}

function violationFrame(
  { stream = 0, version = 4 }: { readonly stream?: number; readonly version?: number },
  reason: string | undefined,
): string {
  return error(0x000a, reason ?? "", { stream, version });
}

/** The denial of one request: native_protocol_v4.spec, section 9. */
export function unauthorized(stream = 0, version = 4): string {
  return error(0x2100, "Request Unauthorized", { stream, version });
}

/** Records as lines: `Denied insert ks.t batch=true`, `Request Audit select ks.t`, `Error <status>`. */
export function logOf(records: readonly ScriptedRecord[]): readonly string[] {
  return records.map(({ type, verdict, fields }) => {
    if (verdict === "Error") return `Error ${fields["status"]}`;
    const { query_action: action, query_table: table, ...more } = fields;
    const others = Object.entries(more).map(([key, text]) => `${key}=${text}`);
    const audit = verdict === "Audit" ? [verdict] : [];
    return [type, ...audit, ...[action, table].filter((text) => text !== undefined), ...others].join(" ");
  });
}
