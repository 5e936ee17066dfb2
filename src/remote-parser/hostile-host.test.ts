// What an extension could say in the place of its host: its channel is a file descriptor of its own process.
import assert from "node:assert/strict";
import { it } from "node:test";
import { reference } from "../../test/conformance/remote-parser/reference-extension.ts";
import { block, frame, json, u8, u16, u32, u64 } from "../../test/conformance/remote-parser/wire.ts";
import { ScriptedConnection } from "../proxylib/testing/index.ts";
import { createRemoteOwner, type RemoteOwner } from "./remote-owner.ts";

const DECLARED = { name: "weir.reference", version: "1.0.0", fields: { word: { exact: true } }, resumes: true };
const READY = frame(0x81, 0, u16(1), json([DECLARED]));
const NO_CALL = 2;
const TAKEN = u8(10);

/** An owner, and what it sends to whoever stands in for its host. */
class Hostile {
  time = 0;
  broken: string | undefined;
  readonly owner: RemoteOwner = createRemoteOwner({
    now: () => this.time,
    bufferedBytesMax: 1_000_000,
    connectionsMax: 4,
  });
  private sent: Buffer[] = [];

  up(): void {
    this.owner.up({
      send: (frames) => this.sent.push(Buffer.from(frames)) > 0,
      atTurnEnd: (flush) => queueMicrotask(flush),
      broken: (reason) => {
        this.broken = reason;
      },
    });
    this.owner.receive(READY);
  }

  connect(): ScriptedConnection {
    return new ScriptedConnection(this.owner.extension(reference), {});
  }

  take(): Buffer {
    return Buffer.concat(this.sent.splice(0));
  }
}

/** @param count Connections that are open. */
async function hostile(count: number): Promise<[Hostile, ...ScriptedConnection[]]> {
  const host = new Hostile();
  host.up();
  const connections = Array.from({ length: count }, () => host.connect());
  await turn();
  for (let number = 1; number <= count; number++) host.owner.receive(frame(0x82, number, u8(1)));
  return [host, ...connections];
}

async function turn(): Promise<void> {
  await new Promise(setImmediate);
}

function decided(direction: number, offset: number, ...operations: readonly Buffer[]): Buffer {
  return frame(0x84, 1, u8(direction), u64(offset), ...operations);
}

function fail(told: unknown): Buffer {
  return Buffer.concat([u8(6), u8(2), u8(1), json(told)]);
}

const UNREADABLE: Readonly<Record<string, Buffer>> = {
  "a reason that is no text": fail({ reason: { toString: 1, valueOf: 1 }, fields: {} }),
  "fields that are nested too deep": Buffer.concat([
    ...[u8(5), u8(0), u8(1), u32(0), u32(0)],
    block(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
  ]),
};

for (const [name, operation] of Object.entries(UNREADABLE)) {
  for (const [when, before] of Object.entries({
    "in a call": [],
    "while a verdict is waited for": [decided(1, 0, Buffer.concat([u8(1), u64(1)]))],
  })) {
    it(`${name}, ${when}, end the connection, and nothing else`, async () => {
      const [host, connection] = (await hostile(1)) as [Hostile, ScriptedConnection];
      connection.fromClient("SECRET");
      connection.fromServer("x", true);
      for (const bytes of before) host.owner.receive(bytes);
      host.owner.receive(decided(before.length > 0 ? NO_CALL : 0, 0, operation));
      await turn();
      assert.equal(connection.closeReason?.kind, "parser-error");
      assert.equal(connection.takeToServer(), "");
      assert.equal(host.broken, undefined);
    });
  }
}

it("a connection whose end waits for a slow client keeps no other from the next host", async () => {
  const [host, failed, other] = (await hostile(2)) as [Hostile, ScriptedConnection, ScriptedConnection];
  failed.fromClient("abc");
  failed.congested.reply = true;
  await turn();
  // INSERT, with the state behind it; then FAIL, and no TAKEN, as it should be.
  host.owner.receive(decided(NO_CALL, 0, u8(4), u8(1), block("answer"), u8(11), block("")));
  host.owner.receive(decided(0, 0, fail({ reason: "over", fields: {} })));
  assert.equal(failed.closeReason, undefined);
  host.owner.down("killed");
  host.take();
  host.up();
  await turn();
  other.fromClient("PASS\n");
  await turn();
  assert.ok(host.take().includes("PASS\n"));
});

it("a number of the host before is a number that was never given", async () => {
  const [host, , second] = (await hostile(2)) as [Hostile, ScriptedConnection, ScriptedConnection];
  host.owner.down("killed");
  second.disconnect();
  host.up();
  await turn();
  assert.equal(host.broken, undefined);
  host.owner.receive(frame(0x82, 2, u8(1)));
  assert.match(host.broken ?? "", /there was never such a connection/);
});

it("PONG before what was sent ahead of the PING was worked off breaks the stream; what waits for it settles", async () => {
  const [host, connection] = (await hostile(1)) as [Hostile, ScriptedConnection];
  connection.fromClient("PASS\n");
  const honest = host.owner.settled();
  host.owner.receive(decided(0, 0, u8(8), TAKEN));
  host.owner.receive(frame(0x85, 0, u32(1)));
  await honest;
  assert.equal(host.broken, undefined);
  connection.fromClient("PASS\n");
  const early = host.owner.settled();
  // Of what was sent behind the PING nothing is asked.
  connection.fromServer("PASS\n");
  host.owner.receive(frame(0x85, 0, u32(2)));
  assert.match(host.broken ?? "", /PONG 2 came before what connection 1 was owed/);
  host.owner.down(host.broken ?? "");
  await early;
});

it("talk is no work: only what decides, or takes, starts the watchdog's time again", async () => {
  const [host, connection] = (await hostile(2)) as [Hostile, ScriptedConnection];
  connection.fromClient("PASS\nPASS\n");
  const talk = [
    ...[decided(NO_CALL, 0, u8(12)), decided(0, 0, u8(8)), decided(NO_CALL, 0, u8(4), u8(1), block("more"))],
    decided(0, 0, u8(5), u8(0), u8(1), u32(0), u32(0), json({})),
  ];
  host.time = 1000;
  for (const bytes of talk) host.owner.receive(bytes);
  assert.equal(host.owner.work?.forMs, 1000);
  host.owner.receive(decided(0, 0, u8(1), u64(5)));
  assert.equal(host.owner.work?.forMs, 0);
  host.time = 2000;
  host.owner.receive(decided(0, 5, u8(8), TAKEN));
  assert.equal(host.owner.work, undefined);
  assert.equal(connection.closeReason, undefined);
});

it("a version of any length is told in a few words", () => {
  const host = new Hostile();
  host.up();
  host.owner.down("killed");
  host.owner.up({ send: () => true, atTurnEnd: () => undefined, broken: () => undefined });
  const early = host.connect();
  host.owner.receive(frame(0x81, 0, u16(1), json([{ ...DECLARED, version: "x".repeat(100_000), fields: {} }])));
  assert.ok((early.closeReason?.message.length ?? 0) < 300);
});
