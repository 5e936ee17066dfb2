import assert from "node:assert/strict";
import { block, frame, json, u8, u16, u32, u64 } from "../../wire.ts";
import type { OwnerCheck } from "../check.ts";
import { DROP, INJECT, INSERT, LOG, MORE, NOP, type Operation, PASS, RAW, STATE, TAKEN, WAIT } from "../operations.ts";
import { DECLARED } from "../scripted-host.ts";
import type { ShownConnection } from "../shown-connection.ts";

const MIB = 1_048_576;
const SECRET = "SECRET";
/** Of a quarter of a MiB each: more than the owner keeps and kernels take. */
const ANSWERS_MAX = 256;

/** What a host must not say of a connection, after six bytes of the client were shown to it. */
const BROKEN: Readonly<Record<string, (shown: ShownConnection) => void>> = {
  "another offset": (shown) => shown.claim(0, 1, PASS(1)),
  "a count of nothing": (shown) => shown.claim(0, 0, PASS(0)),
  "an absurd count": (shown) => shown.claim(0, 0, PASS(2 ** 48 + 1)),
  "a count above all numbers": (shown) => shown.claim(0, 0, RAW(u8(1), Buffer.alloc(8, 0xff))),
  "more TAKEN than DATA": (shown) => shown.claim(0, 0, NOP, TAKEN, TAKEN),
  "MORE up to what is decided": (shown) => shown.claim(0, 0, DROP(6), MORE(6)),
  "a decision that the rules do not have": (shown) => shown.claim(0, 0, LOG(shown.rules, 99)),
  "fields that are no object": (shown) => shown.claim(0, 0, LOG(0, 0, [1])),
  "fields that are no JSON": (shown) => shown.claim(0, 0, RAW(u8(5), u8(0), u8(1), u32(0), u32(0), block("{"))),
  "a record of no type": (shown) => shown.claim(0, 0, LOG(0, 0, {}, 3)),
  "flags that are not known": (shown) => shown.claim(0, 0, LOG(0, 0, {}, 0, 4)),
  "a direction that is none": (shown) => shown.claim(3, 0, NOP),
  "an INSERT into no direction": (shown) => shown.claim(0, 0, INSERT(2, "x")),
  "an operation that is none": (shown) => shown.claim(0, 0, RAW(u8(0x55))),
  "half an operation": (shown) => shown.claim(0, 0, RAW(u8(1), u32(0))),
  "a block that is longer than its frame": (shown) => shown.claim(0, 0, RAW(u8(3), u32(100_000))),
  "an INJECT that is too long": (shown) => shown.claim(0, 0, INJECT(Buffer.alloc(262_145))),
  "an INSERT that is too long": (shown) => shown.claim(0, 0, INSERT(1, Buffer.alloc(262_145))),
  "a STATE that is too long": (shown) => shown.claim(0, 0, STATE(Buffer.alloc(65_537))),
  "a FAIL of no kind": (shown) => shown.claim(0, 0, RAW(u8(6), u8(9), u8(1), json({ reason: "", fields: {} }))),
  "opening it twice": (shown) => void shown.opened(),
  "refusing what it has opened": (shown) => shown.refused(1, ""),
  ...Object.fromEntries(
    Object.entries({ PASS: PASS(1), DROP: DROP(1), INJECT: INJECT("x"), MORE: MORE(9), NOP, WAIT, TAKEN }).map(
      ([name, operation]) => [`${name} outside of any call`, (shown: ShownConnection) => shown.claim(2, 0, operation)],
    ),
  ),
};

/** What ends the stream. */
const UNREADABLE: Readonly<Record<string, Buffer>> = {
  "a frame that is too long": u32(4 * MIB + 1),
  "a frame that is too short": Buffer.concat([u32(4), Buffer.alloc(4)]),
  "a type of frame that is none": frame(0x99, 0),
  "a type of frame that is the owner's": frame(0x07, 1),
  "a number that was never given": frame(0x82, 77, u8(1)),
  "a decision of connection 0": frame(0x84, 0, u8(0), u64(0), u8(8)),
  "PONG without PING": frame(0x85, 0, u32(987_654)),
  "READY twice": frame(0x81, 0, u16(1), json([DECLARED])),
};

/** What READY must not be. */
const NOT_READY: Readonly<Record<string, Buffer>> = {
  "something else": frame(0x82, 1, u8(1)),
  "READY without a list": frame(0x81, 0, u16(1), json({})),
  "READY of what has no name": frame(0x81, 0, u16(1), json([{ fields: {} }])),
  "READY that is no JSON": frame(0x81, 0, u16(1), block("[")),
  "READY with something left over": frame(0x81, 0, u16(1), json([DECLARED]), u8(0)),
};

/** Floods: each a DECIDED of these again and again. */
function flood(name: string, times: number, direction: 0 | 2, operations: readonly Operation[]): OwnerCheck {
  return {
    name: `${name} ends the connection alone`,
    async run(owner) {
      const host = await owner.host();
      const other = await owner.connect(host);
      const talk = await owner.connect(host);
      const all = RAW(...operations.map(({ bytes }) => bytes));
      talk.client.pause();
      talk.client.write(SECRET);
      await talk.shown.shown(0, SECRET.length);
      for (let count = 0; count < times && !talk.shown.isClosed; count++) {
        talk.shown.claim(direction, 0, all);
        if (count % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await talk.shown.closed();
      await talk.server.isEnded();
      talk.client.forget();
      talk.client.resume();
      await other.passes("other");
    },
  };
}

/** Hosts that do not keep to the protocol. */
export const HOSTILE: readonly OwnerCheck[] = [
  {
    name: "who breaks the protocol for a connection loses that one, with nothing of it sent on, and no other",
    async run(owner) {
      const host = await owner.host();
      const other = await owner.connect(host);
      for (const [name, breaks] of Object.entries(BROKEN)) {
        const talk = await owner.connect(host);
        talk.client.write(SECRET);
        await talk.shown.shown(0, SECRET.length);
        breaks(talk.shown);
        try {
          await talk.isOver();
          await talk.shown.closed();
        } catch (error) {
          throw new Error(`${name}: ${(error as Error).message}`);
        }
        await other.passes(name);
      }
    },
  },
  {
    name: "nothing is decided behind a count that reaches beyond what was shown",
    async run(owner) {
      const host = await owner.host();
      const other = await owner.connect(host);
      for (const operation of [PASS(1), DROP(1), INJECT("x")]) {
        const talk = await owner.connect(host);
        talk.client.write(SECRET);
        await talk.shown.shown(0, SECRET.length);
        talk.shown.claim(0, 0, DROP(20), operation);
        await talk.isOver();
        await talk.shown.closed();
        await other.passes("other");
      }
    },
  },
  {
    name: "what was decided before the protocol was broken holds",
    async run(owner) {
      const talk = await owner.connect(await owner.host());
      talk.client.write(SECRET);
      await talk.shown.shown(0, SECRET.length);
      talk.shown.decide(0, PASS(3));
      talk.shown.claim(0, 0, PASS(3));
      await talk.server.gets("SEC");
      await talk.isOver();
    },
  },
  flood("a flood of answers", 256, 2, Array(4).fill(INSERT(1, Buffer.alloc(262_144, "!")))),
  {
    name: "more answers than may wait end the connection alone",
    async run(owner) {
      const host = await owner.host();
      const other = await owner.connect(host);
      const { client, server, shown } = await owner.connect(host);
      const answer = INSERT(1, Buffer.alloc(262_144, "!"));
      client.pause();
      client.write("?".repeat(ANSWERS_MAX));
      await shown.shown(0, ANSWERS_MAX);
      for (let count = 0; count < ANSWERS_MAX && !shown.isClosed; count++) {
        shown.decide(0, answer, DROP(1));
        if (count % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await shown.closed();
      await server.isEnded();
      client.forget();
      client.resume();
      await other.passes("other");
    },
  },
  // In one frame each: what counts is how many come within a second.
  flood("a flood of records", 1, 2, Array(70_000).fill(LOG())),
  flood("a flood of nothing", 1, 0, Array(70_000).fill(NOP)),
  {
    name: "what cannot be understood ends the stream, and connections go on with the next host",
    hosts: Object.keys(UNREADABLE).length + 1,
    async run(owner) {
      const other = await owner.connect(await owner.host());
      await other.passes("begins");
      for (const [at, [name, bytes]] of Object.entries(UNREADABLE).entries()) {
        const host = owner.hosts[at]!;
        const talk = await owner.connect(host);
        talk.client.write(SECRET);
        await talk.shown.shown(0, SECRET.length);
        host.send(bytes);
        try {
          await host.isEnded();
        } catch (error) {
          throw new Error(`${name}: ${(error as Error).message}`);
        }
        const next = await owner.host(at + 1);
        await (await owner.resumed(talk, next)).shown(0, SECRET.length);
        talk.shown.decide(0, DROP(SECRET.length), STATE(""), NOP, TAKEN);
        talk.client.reset();
        await talk.isOver();
        await owner.resumed(other, next);
        await other.passes(name);
      }
    },
  },
  {
    name: "a stream that does not begin with READY is ended",
    hosts: Object.keys(NOT_READY).length + 1,
    async run(owner) {
      const talk = await owner.through();
      talk.client.write(SECRET);
      for (const [at, [name, bytes]] of Object.entries(NOT_READY).entries()) {
        const host = owner.hosts[at]!;
        await host.greeted();
        host.send(bytes);
        try {
          await host.isEnded();
        } catch (error) {
          throw new Error(`${name}: ${(error as Error).message}`);
        }
        assert.equal(host.connections.size, 0);
      }
      const last = await owner.host(Object.keys(NOT_READY).length);
      await (await owner.resumed(talk, last)).shown(0, SECRET.length);
    },
  },
];
