// What crosses to the host, and how much at a time.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { reference } from "../../test/conformance/remote-parser/reference-extension.ts";
import { frame, json, u16 } from "../../test/conformance/remote-parser/wire.ts";
import type { Extension } from "../proxylib/parser.ts";
import { ScriptedConnection, type ScriptedOptions } from "../proxylib/testing/index.ts";
import { MemoryHost } from "./testing/memory-link.ts";

const DECLARED = [{ name: "weir.reference", version: "1.0.0", fields: { word: { exact: true } }, resumes: true }];
const READY = frame(0x81, 0, u16(1), json(DECLARED));
const RULES = { l7: [{ word: "yes" }] } as const;

function connectionOf(host: MemoryHost, extension: Extension = reference, options: ScriptedOptions = RULES) {
  const connection = new ScriptedConnection(host.owner.extension(extension), options);
  host.pump();
  return connection;
}

describe("what crosses", () => {
  it("no byte that is decided: of a large body what was on its way, of replies that pass nothing", () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    connection.fromServer(`PASS ${2 ** 40}\n`);
    connection.fromClient("PASS 5000000\n");
    host.pump();
    connection.takeToClient();
    let crossed = 0;
    for (let count = 0; count < 80; count++) {
      connection.fromClient(Buffer.alloc(62_500));
      connection.fromServer(Buffer.alloc(62_500));
      host.toHost.flush();
      const bytes = host.toHost.take();
      crossed += bytes.length;
      host.session?.receive(bytes);
      host.pump();
    }
    assert.equal(connection.takeToServer().length, 13 + 5_000_000);
    assert.equal(connection.takeToClient().length, 5_000_000);
    assert.ok(crossed < 100, `${crossed} bytes crossed`);
  });

  it("little of a large body that comes together with its head", () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    const body = Buffer.alloc(60_000);
    for (let count = 0; count < 3; count++) {
      connection.fromClient(Buffer.concat([Buffer.from("PASS 60000\n"), body]));
      host.toHost.flush();
      const bytes = host.toHost.take();
      assert.ok(bytes.length > 8_000 && bytes.length < 9_000, `${bytes.length} bytes crossed`);
      host.session?.receive(bytes);
      host.pump();
      assert.equal(connection.takeToServer().length, 11 + body.length);
    }
  });

  it("so much of the next body as of the first, whatever few bytes are between them", () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    const body = Buffer.alloc(60_000);
    for (let count = 0; count < 3; count++) {
      connection.fromClient(Buffer.concat([Buffer.from("PASS 60000\n"), body]));
      host.toHost.flush();
      const bytes = host.toHost.take();
      assert.ok(bytes.length < 9_000, `${bytes.length} bytes crossed`);
      host.session?.receive(bytes);
      host.pump();
      connection.fromClient("PASS\n");
      host.pump();
    }
    assert.equal(connection.takeToServer().length, 3 * (11 + body.length + 5));
  });

  it("more at a time where everything is looked at, at most a window of each direction", () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    connection.fromClient("PASS\n".repeat(40_000));
    const shown: number[] = [];
    while (host.owner.bufferedBytes > 0) {
      shown.push(host.owner.bufferedBytes);
      host.toHost.flush();
      host.session?.receive(host.toHost.take());
      host.toOwner.flush();
      host.owner.receive(host.toOwner.take());
    }
    assert.deepEqual(shown.slice(0, 5), [8_192, 16_384, 32_768, 65_536, 65_536]);
    assert.equal(connection.takeToServer().length, 200_000);
  });

  it("and nothing is read that could not be shown: the rest of a chunk stays where it is until it is decided", () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    const memory = new Set<ArrayBufferLike>();
    const { send } = connection;
    connection.send = (direction, bytes) => {
      memory.add(bytes.buffer);
      return send.call(connection, direction, bytes);
    };
    // What fits into a window is read on behind.
    connection.fromClient(`PASS 100000\n${"a".repeat(5_000)}`);
    assert.equal(connection.paused.original, false);
    host.pump();
    assert.equal(connection.takeToServer().length, 12 + 5_000);
    connection.fromClient(`${"a".repeat(95_000)}PASS 50000\n${"b".repeat(50_000)}`);
    assert.equal(connection.paused.original, true);
    memory.clear();
    host.pump();
    assert.equal(connection.paused.original, false);
    assert.equal(memory.size, 1);
    assert.equal(connection.takeToServer(), `${"a".repeat(95_000)}PASS 50000\n${"b".repeat(50_000)}`);
  });

  it("as much as the host may be given at all", () => {
    const host = new MemoryHost([reference], { bufferedBytesMax: 20_000 }).start();
    const connections = [connectionOf(host), connectionOf(host), connectionOf(host)];
    const text = `${"PASS\n".repeat(20_000)}`;
    for (const connection of connections) connection.fromClient(text);
    assert.equal(host.owner.bufferedBytes, 20_000);
    host.toHost.flush();
    const first = host.toHost.take();
    assert.ok(first.length < 21_000, `${first.length} bytes for 20,000`);
    host.session?.receive(first);
    host.pump();
    for (const connection of connections) assert.equal(connection.takeToServer(), text);
    assert.equal(host.owner.bufferedBytes, 0);
  });

  it("nothing but what must while the stream is congested", () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    host.toHost.free = false;
    connection.fromClient("PASS\n");
    host.pump();
    connection.fromClient("COUNT\n");
    host.toHost.flush();
    assert.equal(host.toHost.take().length, 0);
    host.toHost.free = true;
    host.owner.drained();
    host.pump();
    assert.equal(connection.takeToClient(), "1\n");
  });

  it("a slow receiver holds requests up in the owner, not in the host", () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    connection.congested.reply = true;
    const asked = 20_000;
    for (let count = 0; count < asked; count += 1000) {
      connection.fromClient("ASK no\n".repeat(1000));
      host.pump();
    }
    assert.equal(connection.closeReason, undefined);
    assert.equal(connection.takeToClient(), "DENIED\n");
    assert.ok(connection.records.length < 10, "what is not carried out is not recorded");
    for (let turn = 0; turn < asked; turn++) {
      connection.drain("reply");
      host.pump();
    }
    assert.equal(connection.takeToClient(), "DENIED\n".repeat(asked - 1));
    assert.equal(connection.records.length, asked);
  });

  it("what waited behind a decision ahead leaves with it, not with the bytes to come", async () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    connection.congested.reply = true;
    connection.fromClient("ANSWER a\nPASS 100\n");
    await host.settle();
    connection.fromServer("PASS\n");
    await host.settle();
    assert.equal(connection.takeToServer(), "", "the rest of the requests waits for the client to take its answer");
    connection.drain("reply");
    await host.settle();
    assert.equal(connection.takeToServer(), "PASS 100\n");
    // A client may wait for this before it sends the 100 bytes.
    assert.equal(connection.takeToClient(), "a\nPASS\n");
  });

  it("nothing in either direction while much waits for a slow receiver", async () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    connection.congested.reply = true;
    connection.fromClient("ASK no\n".repeat(8000));
    host.pump();
    connection.fromServer("PASS\n");
    host.toHost.flush();
    assert.equal(host.toHost.take().length, 0);
    for (let turn = 0; turn < 8000; turn++) {
      connection.drain("reply");
      host.pump();
    }
    await host.settle();
    assert.equal(connection.takeToClient(), `${"DENIED\n".repeat(8000)}PASS\n`);
  });

  it("of policy the rules alone, without names", () => {
    const host = new MemoryHost([reference]);
    host.session = undefined;
    host.owner.up(host.toHost);
    host.owner.receive(READY);
    new ScriptedConnection(host.owner.extension(reference), RULES);
    host.toHost.flush();
    const sent = host.toHost.take().toString("latin1");
    assert.ok(sent.includes('"fields":{"word":"yes"}'));
    assert.ok(!sent.includes("scripted") && !sent.includes("l7["), sent);
  });
});
