// What an owner does with hosts that end, that are slow, and that do not keep to the protocol.
import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { forgetful, reference } from "../../test/conformance/remote-parser/reference-extension.ts";
import { block, frame, json, u8, u16, u32, u64 } from "../../test/conformance/remote-parser/wire.ts";
import type { Extension } from "../proxylib/parser.ts";
import { ScriptedConnection, type ScriptedOptions } from "../proxylib/testing/index.ts";
import { pass } from "../proxylib/verdict.ts";
import { createRemoteOwner, type RemoteOwner, type RemoteOwnerOptions } from "./remote-owner.ts";
import { MemoryHost } from "./testing/memory-link.ts";

const RULES = { l7: [{ word: "yes" }] } as const;

function connectionOf(host: MemoryHost, extension: Extension = reference, options: ScriptedOptions = RULES) {
  const connection = new ScriptedConnection(host.owner.extension(extension), options);
  host.pump();
  return connection;
}

function statusOf(connection: ScriptedConnection): string | undefined {
  return connection.records.at(-1)?.fields["status"];
}

describe("when the host ends", () => {
  it("nothing undecided is sent on, and the next host gets it", () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    connection.fromClient("COUNT\nPASS\nPA");
    host.pump();
    assert.equal(connection.takeToServer(), "PASS\n");
    host.kill();
    connection.fromClient("SS\nCOUNT\n");
    assert.deepEqual([connection.takeToServer(), connection.takeToClient()], ["", "1\n"]);
    host.start();
    assert.deepEqual([connection.takeToServer(), connection.takeToClient()], ["PASS\n", "2\n"]);
    assert.equal(connection.closeReason, undefined);
  });

  it("connections that came meanwhile begin with the next one", () => {
    const host = new MemoryHost([reference]);
    const connection = connectionOf(host);
    connection.fromClient("ASK yes\nASK no\n");
    assert.equal(connection.takeToServer(), "");
    host.start();
    assert.deepEqual([connection.takeToServer(), connection.takeToClient()], ["ASK yes\n", "DENIED\n"]);
    assert.deepEqual(
      connection.records.map(({ verdict, rule }) => [verdict, rule]),
      [
        ["Forwarded", "l7[0]"],
        ["Denied", undefined],
      ],
    );
  });

  it("connections that cannot be resumed are closed, with a record; those that nothing came of begin anew", () => {
    const host = new MemoryHost([reference, forgetful]).start();
    const [used, unused] = [connectionOf(host, forgetful), connectionOf(host, forgetful)];
    used.fromClient("PASS\n");
    unused.fromClient("PA");
    host.pump();
    host.kill();
    host.start();
    unused.fromClient("SS\n");
    host.pump();
    assert.equal(used.closeReason?.kind, "parser-error");
    assert.equal(statusOf(used), "the extension host ended (killed), and the extension cannot resume");
    assert.equal(unused.takeToServer(), "PASS\n");
  });

  it("a promise is asked for again; what was told while it was owed cannot be resumed from", async () => {
    const host = new MemoryHost([reference]).start();
    const [first, second] = [connectionOf(host), connectionOf(host)];
    for (const connection of [first, second]) {
      connection.fromClient("PASS\nWAIT\n");
      await host.settle();
      assert.equal(connection.takeToServer(), "PASS\n");
    }
    second.fromServer("COUNT\n");
    await host.settle();
    host.kill();
    assert.match(statusOf(second) ?? "", /what it remembered of the connection is lost$/);
    host.start();
    first.fromServer("SETTLE\n");
    await host.settle();
    assert.equal(first.takeToServer(), "WAIT\n");
  });

  it("whoever ends it twice is closed, and nobody else", () => {
    const deadly: Extension = {
      ...reference,
      create: (connection) => watched(reference.create(connection)),
      restore: (connection, state) => watched(reference.restore?.(connection, state)),
    };
    let died = false;
    function watched(parser: ReturnType<Extension["create"]>): ReturnType<Extension["create"]> {
      return (
        parser && {
          onData: (reply, end, data) => {
            if (data.includes("DEADLY")) died = true;
            // A process that has died answers nothing.
            return died ? new Promise(() => undefined) : parser.onData(reply, end, data);
          },
          snapshot: () => parser.snapshot?.() ?? Buffer.alloc(0),
        }
      );
    }
    const host = new MemoryHost([deadly]).start();
    const connections = Array.from({ length: 9 }, () => connectionOf(host));
    for (const connection of connections) connection.fromClient("PASS\n");
    host.pump();
    for (const [index, connection] of connections.entries()) connection.fromClient(index === 4 ? "DEADLY\n" : "PASS\n");
    let ends = 0;
    host.dies = () => {
      if (!died) return false;
      died = false;
      ends++;
      return true;
    };
    host.pump();
    assert.equal(ends, 2);
    for (const [index, connection] of connections.entries()) {
      if (index === 4) assert.match(statusOf(connection) ?? "", /ended the extension host twice/);
      else assert.deepEqual([connection.takeToServer(), connection.closeReason], ["PASS\nPASS\n", undefined]);
    }
  });

  it("another version of the extension takes no connection over, but those that nothing came of", () => {
    const host = new MemoryHost([reference]).start();
    const [used, unused] = [connectionOf(host), connectionOf(host)];
    used.fromClient("PASS\n");
    host.pump();
    host.kill();
    host.start([{ ...reference, version: "1.0.1" }]);
    assert.equal(statusOf(used), "the extension host came back with version 1.0.1 of the extension");
    unused.fromClient("PASS\n");
    host.pump();
    assert.equal(unused.takeToServer(), "PASS\n");
  });

  it("closeAll gives up, with the reason", () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    host.kill();
    host.owner.closeAll("no extension host for 10 s");
    assert.equal(statusOf(connection), "no extension host for 10 s");
    assert.equal(host.owner.connections, 0);
  });
});

describe("policy", () => {
  it("is settled when the host has answered what came before", async () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    connection.setPolicy([{ word: "no" }]);
    host.owner.policyChanged();
    let settled = false;
    const barrier = host.owner.settled().then(() => {
      settled = true;
    });
    await Promise.resolve();
    assert.equal(settled, false);
    host.pump();
    await barrier;
    assert.equal(settled, true);
    connection.fromClient("ASK yes\nASK no\n");
    host.pump();
    assert.deepEqual([connection.takeToServer(), connection.takeToClient()], ["ASK no\n", "DENIED\n"]);
  });

  it("waits for no host that is not there, or ends", async () => {
    const host = new MemoryHost([reference]);
    await host.owner.settled();
    host.start();
    const barrier = host.owner.settled();
    host.kill();
    await barrier;
  });

  it("changes nothing for a host that has not heard of it: it hears before the next bytes", () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    connection.setPolicy([]);
    connection.fromClient("ASK yes\n");
    host.pump();
    assert.equal(connection.takeToClient(), "DENIED\n");
  });
});

describe("who watches", () => {
  it("sees what the host works on, and for how long", () => {
    const host = new MemoryHost([reference]).start();
    const connection = connectionOf(host);
    assert.equal(host.owner.work, undefined);
    host.time = 1000;
    connection.fromClient("PASS\n");
    host.time = 3500;
    assert.deepEqual(host.owner.work, { extension: "weir.reference", connection: 1, forMs: 2500 });
    host.pump();
    assert.equal(host.owner.work, undefined);
  });

  it("does not wait for a connection that has failed, although its end waits for a slow receiver", () => {
    const host = new MemoryHost([reference]).start();
    const [failed, other] = [connectionOf(host), connectionOf(host)];
    failed.congested.reply = true;
    failed.fromClient("ASK no\nFAIL why\n");
    failed.fromServer("PASS\n");
    host.pump();
    assert.equal(failed.records.length, 1, "the denial, and not the end");
    assert.deepEqual([host.owner.work, host.owner.bufferedBytes], [undefined, 0]);
    other.fromClient("PASS\n");
    host.pump();
    assert.equal(other.takeToServer(), "PASS\n");
    failed.drain("reply");
    assert.equal(statusOf(failed), "why");
  });

  it("closes connections whose promise is owed for too long", async () => {
    const host = new MemoryHost([reference]).start();
    const [first, second] = [connectionOf(host), connectionOf(host)];
    first.fromClient("WAIT\n");
    await host.settle();
    host.time = 900;
    second.fromClient("WAIT\n");
    await host.settle();
    host.time = 1001;
    assert.equal(host.owner.closeUnanswered(1000), 1);
    assert.match(statusOf(first) ?? "", /not settled a promise for more than 1000 ms/);
    assert.equal(second.closeReason, undefined);
  });
});

const DECLARED = [{ name: "weir.reference", version: "1.0.0", fields: { word: { exact: true } }, resumes: true }];
const READY = frame(0x81, 0, u16(1), json(DECLARED));

/** A host that says what it is told to, and an owner that hears it. */
class HostileHost {
  broken: string | undefined;
  readonly owner: RemoteOwner;

  constructor(options: Partial<RemoteOwnerOptions> = {}) {
    this.owner = createRemoteOwner({ now: () => 0, bufferedBytesMax: 1_000_000, connectionsMax: 4, ...options });
    this.owner.up({
      send: () => true,
      atTurnEnd: (flush) => flush(),
      broken: (reason) => {
        this.broken = reason;
      },
    });
  }

  connect(): ScriptedConnection {
    return new ScriptedConnection(this.owner.extension(reference), RULES);
  }
}

function ready(): HostileHost {
  const host = new HostileHost();
  host.owner.receive(READY);
  return host;
}

const decided = (direction: number, offset: number, ...operations: readonly Buffer[]): Buffer =>
  frame(0x84, 1, u8(direction), u64(offset), ...operations);
const PASS = (count: number): Buffer => Buffer.concat([u8(1), u64(count)]);
const LOG = (type: number, flags: number, rules: number, number: number, fields: unknown): Buffer =>
  Buffer.concat([u8(5), u8(type), u8(flags), u32(rules), u32(number), json(fields)]);
const TAKEN = u8(10);
const NOP = u8(8);

describe("a host that breaks the protocol loses the connection, and no other", () => {
  const cases: Readonly<Record<string, readonly Buffer[]>> = {
    "by another offset": [decided(0, 1, PASS(1))],
    "by a count of nothing": [decided(0, 0, PASS(0))],
    "by an absurd count": [decided(0, 0, PASS(2 ** 48 + 1))],
    "by a count above all numbers": [decided(0, 0, u8(1), Buffer.alloc(8, 0xff))],
    "by a decision behind what it was shown": [decided(0, 0, PASS(20), PASS(1))],
    "by taking more than it got": [decided(0, 0, TAKEN, TAKEN)],
    "by asking for what is decided": [decided(0, 0, PASS(6), u8(7), u64(6))],
    "by a verdict outside of any call": [decided(2, 0, PASS(1))],
    "by a direction that is none": [decided(3, 0, NOP)],
    "by an operation that is none": [decided(0, 0, u8(0x55))],
    "by half an operation": [decided(0, 0, u8(1), u32(0))],
    "by an injection that is too long": [decided(0, 0, u8(3), block(Buffer.alloc(262_145)))],
    "by a state that is too long": [decided(0, 0, u8(11), block(Buffer.alloc(65_537)))],
    "by a decision that the rules do not have": [decided(0, 0, LOG(0, 1, 1, 99, {}), PASS(6))],
    "by a record of no type": [decided(0, 0, LOG(3, 1, 0, 0, {}), PASS(6))],
    "by fields that are no object": [decided(0, 0, LOG(0, 1, 0, 0, [1]), PASS(6))],
    "by fields that are no JSON": [decided(0, 0, u8(5), u8(0), u8(0), u32(0), u32(0), block("{"), PASS(6))],
    "by a flood": Array.from({ length: 70 }, () => decided(2, 0, ...Array(1000).fill(LOG(0, 1, 0, 0, {})))),
    "by a flood of nothing": [decided(0, 0, Buffer.alloc(70_000, 8))],
    "by opening twice": [frame(0x82, 1, u8(1)), frame(0x82, 1, u8(1))],
    "by refusing what it has opened": [frame(0x82, 1, u8(1)), frame(0x83, 1, u8(1), block(""))],
    "by more than a frame should hold": [frame(0x82, 1, u8(1), u8(1))],
  };
  for (const [name, frames] of Object.entries(cases)) {
    it(name, () => {
      const host = ready();
      const connection = host.connect();
      const neighbour = host.connect();
      connection.fromClient("SECRET");
      neighbour.fromClient("PASS\n");
      for (const bytes of frames) host.owner.receive(bytes);
      assert.equal(connection.closeReason?.kind, "parser-error");
      assert.match(statusOf(connection) ?? "", /broke the protocol|ProtocolViolation/);
      assert.ok(["", "SECRET"].includes(connection.takeToServer()));
      assert.equal(host.broken, undefined);
      host.owner.receive(frame(0x84, 2, u8(0), u64(0), PASS(5), NOP, TAKEN));
      assert.equal(neighbour.takeToServer(), "PASS\n");
    });
  }

  it("what it decided before holds", () => {
    const host = ready();
    const connection = host.connect();
    connection.fromClient("SECRET");
    host.owner.receive(decided(0, 0, PASS(3)));
    host.owner.receive(decided(0, 0, PASS(3)));
    assert.equal(connection.takeToServer(), "SEC");
    assert.equal(connection.closeReason?.kind, "parser-error");
  });
});

describe("a host that cannot be understood loses the stream", () => {
  const cases: Readonly<Record<string, readonly Buffer[]>> = {
    "by a frame that is too long": [READY, u32(4 * 1_048_576 + 1)],
    "by a frame that is too short": [READY, u32(4), Buffer.alloc(4)],
    "by a type of frame that is none": [READY, frame(0x99, 0)],
    "by a type of frame that is the owner's": [READY, frame(0x05, 1)],
    "by a connection that there never was": [READY, frame(0x82, 7, u8(1))],
    "by an answer to no question": [READY, frame(0x85, 0, u32(3))],
    "by talking before it is ready": [frame(0x82, 1, u8(1))],
    "by another version": [frame(0x81, 0, u16(2), json(DECLARED))],
    "by a list of extensions that is none": [frame(0x81, 0, u16(1), json({}))],
    "by extensions without a name": [frame(0x81, 0, u16(1), json([{ fields: {} }]))],
  };
  for (const [name, frames] of Object.entries(cases)) {
    it(name, () => {
      const host = new HostileHost();
      const connection = host.connect();
      connection.fromClient("SECRET");
      for (const bytes of frames) host.owner.receive(bytes);
      assert.ok(host.broken !== undefined, "the stream goes on");
      host.owner.down("broken");
      assert.equal(connection.takeToServer(), "");
    });
  }
});

test("a host with other fields than policy was checked with gets no connections", () => {
  const host = new HostileHost();
  const early = host.connect();
  host.owner.receive(frame(0x81, 0, u16(1), json([{ ...DECLARED[0], version: "2.0.0", fields: {} }])));
  const late = host.connect();
  assert.match(statusOf(early) ?? "", /runs another "weir.reference" \(version 2.0.0\)/);
  assert.equal(early.closeReason?.kind, "refused");
  assert.match(late.refusal ?? "", /runs another "weir.reference"/);
});

test("connections above the limit are refused", () => {
  const host = ready();
  for (let count = 0; count < 4; count++) assert.equal(host.connect().refusal, undefined);
  assert.equal(host.connect().refusal, "the extension host has 4 connections already");
});

test("a refusal is recorded as one of the connection", () => {
  const host = new MemoryHost([forgetful, { ...reference, create: () => undefined }]).start();
  const connection = connectionOf(host);
  assert.equal(connection.closeReason?.message, 'the extension "weir.reference" refuses the connection');
  assert.deepEqual(
    connection.records.map(({ type, verdict }) => [type, verdict]),
    [["Connection", "Error"]],
  );
});

test("from observing to enforcing, if the parser is sure", () => {
  const doubting: Extension = {
    ...reference,
    create: (connection) => ({
      onData: (_reply, _end, data) => (data.length > 0 ? pass(data.length) : (0 as never)),
      mayEnforce: () => connection.config["sure"] === "yes",
    }),
  };
  for (const [sure, objection] of [["yes", undefined] as const, ["no", /not sure/] as const]) {
    const host = new MemoryHost([doubting]).start();
    const connection = connectionOf(host, doubting, { ...RULES, mode: "observe", config: { sure } });
    connection.fromClient("something");
    host.pump();
    const said = connection.setPolicy([], "enforce");
    if (objection === undefined) assert.equal(said, undefined);
    else assert.match(said ?? "", objection);
  }
});
