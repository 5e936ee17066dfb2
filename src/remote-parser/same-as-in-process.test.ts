import assert from "node:assert/strict";
import { test } from "node:test";
import { r2d2 } from "../parsers/r2d2/parser.ts";
import { cuts, ScriptedConnection, type ScriptedOptions } from "../proxylib/testing/index.ts";
import { MemoryHost } from "./testing/memory-link.ts";

/** What a connection has come to. */
function outcome(connection: ScriptedConnection): unknown {
  const { records, closeReason, endSent, refusal, unread } = connection;
  return {
    toServer: connection.takeToServer(),
    toClient: connection.takeToClient(),
    records,
    closeReason,
    endSent,
    refusal,
    unread,
  };
}

test("r2d2", async () => {
  const options: ScriptedOptions = { l7: [{ cmd: "READ" }] };
  for (const cut of cuts("READ x\r\nWRITE x\r\nREAD y\r\n")) {
    const local = new ScriptedConnection(r2d2, options);
    for (const piece of cut.pieces) local.fromClient(piece);
    local.fromServer("OK\r\n");
    local.fromClient("", true);
    const host = new MemoryHost([r2d2]).start();
    const remote = new ScriptedConnection(host.owner.extension(r2d2), options);
    for (const piece of cut.pieces) {
      remote.fromClient(piece);
      await host.settle();
    }
    remote.fromServer("OK\r\n");
    remote.fromClient("", true);
    await host.settle();
    assert.deepEqual(outcome(remote), outcome(local), cut.name);
  }
});
