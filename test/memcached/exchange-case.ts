import assert from "node:assert/strict";
import { memcache } from "../../src/parsers/memcached/parser.ts";
import type { ScriptedConnection, ScriptedRules } from "../../src/proxylib/testing/index.ts";
import { type Connect, type Steps, talkTests } from "../support/talk-tests.ts";
import { provenConnection } from "./proven-connection.ts";

/** A talk between client and server through the parser, and what must come of it. Bytes are written as latin1. */
export interface ExchangeCase {
  readonly name: string;
  /** Default: everything is allowed. */
  readonly l7?: ScriptedRules;
  readonly steps: Steps;
  /** What the server gets. */
  readonly toServer?: string;
  /** What the client gets. */
  readonly toClient?: string;
  /** `Request get a`, `Denied set k`, in their order. */
  readonly log?: readonly string[];
  /** These are the first bytes of the connection; without it, server and parser have exchanged a request before. */
  readonly fresh?: true;
  /** The connection is closed for this reason; without it, the connection must stay open. */
  readonly closed?: RegExp;
}

/** Each case as a test: whole, byte by byte, and at random cuts. */
export function exchangeTests(cases: readonly ExchangeCase[]): void {
  talkTests(cases, open, check);
}

function open(exchange: ExchangeCase, connect: Connect): ScriptedConnection {
  const l7 = exchange.l7 ?? [{}];
  const [side, bytes] = exchange.steps[0] ?? ["client", ""];
  if (exchange.fresh === true || side === "server") return connect(memcache, { l7 });
  return provenConnection(l7, bytes, connect);
}

function check(exchange: ExchangeCase, connection: ScriptedConnection, way: string): void {
  if (exchange.closed === undefined) assert.equal(connection.closeReason?.message, undefined, way);
  else assert.match(connection.closeReason?.message ?? "still open", exchange.closed, way);
  if (exchange.toServer !== undefined) assert.equal(connection.takeToServer(), exchange.toServer, way);
  if (exchange.toClient !== undefined) assert.equal(connection.takeToClient(), exchange.toClient, way);
  if (exchange.log === undefined) return;
  const log = connection.records
    .filter(({ verdict }) => verdict !== "Error")
    .map(
      ({ type, fields }) => `${type} ${fields["command"]}${fields["keys"] === undefined ? "" : ` ${fields["keys"]}`}`,
    );
  assert.deepEqual(log, exchange.log, way);
}
