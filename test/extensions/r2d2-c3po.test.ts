import assert from "node:assert/strict";
import { test } from "node:test";
import { cuts, ScriptedConnection } from "weir/proxylib/testing";
import r2d2C3po from "../../examples/extensions/r2d2-c3po.ts";

test("the worked example drops requests that contain C-3PO and passes the others", () => {
  for (const cut of cuts("READ r2\r\nWRITE C-3PO\r\nHALT\r\nREAD c-3po\r\n")) {
    const connection = new ScriptedConnection(r2d2C3po);
    for (const piece of cut.pieces) connection.fromClient(piece);
    assert.equal(connection.takeToServer(), "READ r2\r\nHALT\r\nREAD c-3po\r\n", cut.name);
    assert.equal(connection.takeToClient(), "ERROR\r\n", cut.name);
    assert.equal(connection.count("Request"), 3);
    assert.equal(connection.count("Denied"), 1);
  }
});

test("without a rule of the policy nothing passes", () => {
  const connection = new ScriptedConnection(r2d2C3po, { l7: [] });
  connection.fromClient("READ r2\r\n");
  assert.equal(connection.takeToServer(), "");
  assert.equal(connection.takeToClient(), "ERROR\r\n");
});

test("replies pass line by line, in step with the answers of denied requests", () => {
  const connection = new ScriptedConnection(r2d2C3po);
  connection.fromServer("OK\r\nhal");
  connection.fromClient("READ C-3PO\r\n");
  connection.fromServer("f\r\n");
  assert.equal(connection.takeToClient(), "OK\r\nERROR\r\nhalf\r\n");
});
