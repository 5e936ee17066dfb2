// Statements that client and server prepare, and what becomes of those who execute them.
import assert from "node:assert/strict";
import type { ScriptedConnection } from "../../src/proxylib/testing/index.ts";
import { string } from "./cql-frame.ts";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import { unauthorized } from "./exchange-case.ts";

export const READ = [{ query_action: "select", query_table: "^ks[.]t$" }];
export const WRITE = [{ query_action: "insert", query_table: "^ks[.]t$" }];
export const SELECT = "SELECT a FROM ks.t WHERE b = ?";
export const INSERT = "INSERT INTO ks.t (a) VALUES (?)";
/** As servers make them: 16 bytes of any value. */
export const ID = "\xff\0\x80\n'\"\\ks.t\x7f\xfe\xc3\x28";
export const UNPREPARED = "No statement is known under this id: prepare it again";

export const execute = (id: string, stream = 0, options = {}): string => requests.execute(id, { stream, ...options });
export const unprepared = (id: string, stream = 0, version = 4): string =>
  responses.error(0x2500, UNPREPARED, { stream, version }, string(id));

/** Client and server prepare a statement. What passes is taken away. */
export function learn(connection: ScriptedConnection, text: string, id: string): void {
  connection.fromClient(requests.prepare(text, { stream: 99 }));
  connection.fromServer(responses.resultPrepared(id, { stream: 99 }));
  assert.equal(connection.takeToServer(), requests.prepare(text, { stream: 99 }));
  connection.takeToClient();
  connection.records.length = 0;
}

/** Whether an EXECUTE passes, is denied, or not known. */
export function outcome(connection: ScriptedConnection, id: string): string {
  connection.fromClient(execute(id, 7));
  const sent = connection.takeToServer();
  const answered = connection.takeToClient();
  if (sent === execute(id, 7) && answered === "") {
    connection.fromServer(responses.resultVoid({ stream: 7 }));
    connection.takeToClient();
    return "passes";
  }
  assert.equal(sent, "");
  if (answered === unauthorized(7)) return "denied";
  assert.equal(answered, unprepared(id, 7));
  return "unknown";
}
