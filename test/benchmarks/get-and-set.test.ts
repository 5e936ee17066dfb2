import assert from "node:assert/strict";
import { test } from "node:test";
import extension from "../../benchmarks/extension/get-and-set.ts";
import { ScriptedConnection } from "../../src/proxylib/testing/index.ts";

const L7 = [
  { command: "get", keyPrefix: "key-" },
  { command: "set", keyPrefix: "key-" },
];
const DENIED = "CLIENT_ERROR access denied\r\n";

function connect(): ScriptedConnection {
  return new ScriptedConnection(extension, { l7: L7 });
}

test("benchmarked extension: values are passed with their lines, before they have come", () => {
  const connection = connect();
  connection.fromClient("set key-1 0 0 100000\r\n");
  assert.deepEqual(connection.takeOps(), ["PASS 100024"]);
  connection.fromClient(`${"x".repeat(100_000)}\r\nget key-1\r\n`);
  assert.deepEqual(connection.takeOps(), ["PASS 11", "MORE 1"]);
  connection.fromServer("STORED\r\nVALUE key-1 0 100000\r\n");
  assert.deepEqual(connection.takeOps(), ["PASS 8", "PASS 100024"]);
  connection.fromServer(`${"x".repeat(100_000)}\r\nEND\r\n`);
  assert.deepEqual(connection.takeOps(), ["PASS 5", "MORE 1"]);
  assert.deepEqual(
    connection.records.map(({ type, rule, fields }) => `${type} ${rule} ${fields["command"]} ${fields["key"]}`),
    ["Request l7[1] set key-1", "Request l7[0] get key-1"],
  );
});

test("benchmarked extension: a denied request is answered in its turn, and its value goes nowhere", () => {
  const connection = connect();
  connection.fromClient("get secret\r\nget key-1\r\nset secret 0 0 5\r\nvalue\r\nget key-2\r\n");
  assert.equal(connection.takeToServer(), "get key-1\r\nget key-2\r\n");
  assert.equal(connection.takeToClient(), DENIED);
  connection.fromServer("END\r\n");
  assert.equal(connection.takeToClient(), `END\r\n${DENIED}`);
  connection.fromServer("END\r\n");
  assert.equal(connection.takeToClient(), "END\r\n");
  assert.deepEqual(
    connection.records.map(({ type }) => type),
    ["Denied", "Request", "Denied", "Request"],
  );
});

for (const [what, request, reply] of [
  ["another command", "flush_all\r\n", ""],
  ["a second key", "get key-1 secret\r\n", ""],
  ["a length that is no number", "set key-1 0 0 0x10\r\n", ""],
  ["a bare line feed", "get key-1\nget secret\r\n", ""],
  ["a line without an end", "get key-1".padEnd(3_000, " "), ""],
  ["an answer to nothing", "", "END\r\n"],
] as const) {
  test(`benchmarked extension: ${what} closes the connection and goes nowhere`, () => {
    const connection = connect();
    if (request !== "") connection.fromClient(request);
    if (reply !== "") connection.fromServer(reply);
    assert.equal(connection.closeReason?.kind, "protocol-error");
    assert.equal(connection.takeToServer() + connection.takeToClient(), "");
  });
}
