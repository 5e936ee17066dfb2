import type { StreamOpener } from "../../../../src/datapath/embedded/live-connection.ts";
import type { ConnectionStream } from "../../../../src/proxylib/connection-stream.ts";
import type { ConnectionIo, Direction } from "../../../../src/proxylib/io.ts";
import { block, json, u8, u32, u64 } from "../wire.ts";
import { alteredStream, type Between, operationsOf, type RawFrame, type Ways } from "./altered-stream.ts";
import { PASS, SAME, TAKEN } from "./operations.ts";
import type { StartOwner } from "./owner-process.ts";
import { DECLARED } from "./scripted-host.ts";
import { sessionOwner } from "./session-owner.ts";

const OPEN = 0x02;
const DATA = 0x05;
const UPDATE = 0x06;
const CREDIT = 0x09;
const READY = 0x81;
const OPENED = 0x82;
const REFUSED = 0x83;
const DECIDED = 0x84;
const PONG = 0x85;
/** What this many bytes are passed ahead of is a large body. */
const LARGE_BYTES = 1000;

type Change = (frame: RawFrame) => RawFrame | undefined;

const same: Change = (frame) => frame;

function between(create: (ways: Ways) => Between): StartOwner {
  return sessionOwner(undefined, (stream) => alteredStream(stream, create));
}

/** Its own frames, or those that it hears, are changed; undefined: there is no such frame. */
function altering({ says = same, hears = same }: { readonly says?: Change; readonly hears?: Change }): StartOwner {
  return between(({ toOwner, toHost }) => ({
    fromOwner(frame) {
      const changed = says(frame);
      if (changed !== undefined) toHost(changed);
    },
    fromHost(frame) {
      const changed = hears(frame);
      if (changed !== undefined) toOwner(changed);
    },
  }));
}

/** What it hears of decisions is changed. */
function carryingOut(change: (operations: readonly Buffer[]) => readonly Buffer[]): StartOwner {
  return altering({
    hears: (frame) => {
      if (frame.type !== DECIDED) return frame;
      return { ...frame, body: Buffer.concat([frame.body.subarray(0, 9), ...change(operationsOf(frame.body))]) };
    },
  });
}

/** What stands between the engine and the sockets is changed. */
function relaying(
  change: (io: ConnectionIo) => {
    readonly io: Partial<ConnectionIo>;
    readonly stream?: (inner: ConnectionStream) => Partial<ConnectionStream>;
  },
): StartOwner {
  return sessionOwner(
    (opener): StreamOpener => ({
      open(info, io, terms) {
        const changed = change(io);
        const result = opener.open(info, with_(io, changed.io), terms);
        return result.ok ? { ok: true, stream: with_(result.stream, changed.stream?.(result.stream) ?? {}) } : result;
      },
    }),
  );
}

function with_<T extends object>(object: T, changes: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      if (Object.hasOwn(changes, name)) return changes[name as keyof T];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** What an owner knows of one direction of a connection, as read from its stream. */
interface Progress {
  shown: number;
  decided: number;
  /** For the wrong owner's own use. */
  count: number;
}

class Directions {
  private readonly all = new Map<string, Progress>();

  /** What OPEN says. */
  open({ connection, body }: RawFrame): void {
    for (const direction of [0, 1]) {
      const decided = Number(body.readBigUInt64BE(5 + 8 * direction));
      this.all.set(`${connection}/${direction}`, { shown: decided, decided, count: 0 });
    }
  }

  /** Of DATA and DECIDED; of a connection that was not opened, nothing is known. */
  of({ connection, body }: RawFrame): Progress {
    const known = this.all.get(`${connection}/${body.readUInt8()}`);
    return known ?? { shown: 0, decided: 0, count: 0 };
  }
}

function decided(connection: number, direction: number, offset: number, ...operations: readonly Buffer[]): RawFrame {
  return { type: DECIDED, connection, body: Buffer.concat([u8(direction), u64(offset), ...operations]) };
}

/** The count of PASS or DROP; 0: it is another operation. */
function countOf(operation: Buffer): number {
  return operation.length === 9 && operation.readUInt8() <= 2 ? Number(operation.readBigUInt64BE(1)) : 0;
}

/** Takes every DATA itself, at once, and so does not wait for its host. */
function boundless({ toOwner, toHost }: Ways): Between {
  const directions = new Directions();
  return {
    fromOwner(frame) {
      toHost(frame);
      if (frame.type === OPEN) directions.open(frame);
      if (frame.type !== DATA) return;
      const half = directions.of(frame);
      half.count++;
      toOwner(decided(frame.connection, frame.body.readUInt8(), half.decided, TAKEN.bytes));
    },
    fromHost(frame) {
      if (frame.type !== DECIDED || frame.body.readUInt8() === 2) {
        toOwner(frame);
        return;
      }
      const half = directions.of(frame);
      const kept = operationsOf(frame.body).filter((operation) => {
        half.decided += countOf(operation);
        return !operation.equals(TAKEN.bytes) || --half.count < 0;
      });
      toOwner({ ...frame, body: Buffer.concat([frame.body.subarray(0, 9), ...kept]) });
    },
  };
}

/** Remembers what was passed ahead of a large body, and shows the body all the same. */
function showingAll({ toOwner, toHost }: Ways): Between {
  const directions = new Directions();
  return {
    fromOwner(frame) {
      toHost(frame);
      if (frame.type === OPEN) directions.open(frame);
      if (frame.type !== DATA) return;
      const half = directions.of(frame);
      const length = frame.body.length - 10;
      half.shown = Number(frame.body.readBigUInt64BE(2)) + length;
      const passed = Math.min(length, half.count);
      if (passed === 0) return;
      half.count -= passed;
      toOwner(decided(frame.connection, frame.body.readUInt8(), half.decided, PASS(passed).bytes, TAKEN.bytes));
      half.decided += passed;
    },
    fromHost(frame) {
      if (frame.type !== DECIDED || frame.body.readUInt8() === 2) {
        toOwner(frame);
        return;
      }
      const half = directions.of(frame);
      const cut = operationsOf(frame.body).map((operation) => {
        const count = countOf(operation);
        const here = Math.min(count, half.shown - half.decided);
        const isLarge = operation.readUInt8() === 1 && here > 0 && count - here > LARGE_BYTES;
        half.decided += isLarge ? here : count;
        if (!isLarge) return operation;
        half.count = count - here;
        return PASS(here).bytes;
      });
      toOwner({ ...frame, body: Buffer.concat([frame.body.subarray(0, 9), ...cut]) });
    },
  };
}

/** Counts for itself what a direction has decided, and does not look at what its host says. */
function credulous({ toOwner, toHost }: Ways): Between {
  const directions = new Directions();
  return {
    fromOwner(frame) {
      toHost(frame);
      if (frame.type === OPEN) directions.open(frame);
      if (frame.type !== DATA) return;
      const half = directions.of(frame);
      half.shown = Math.max(half.shown, Number(frame.body.readBigUInt64BE(2)) + frame.body.length - 10);
    },
    fromHost(frame) {
      if (frame.type === DECIDED && frame.body.readUInt8() < 2) {
        const half = directions.of(frame);
        frame.body.writeBigUInt64BE(BigInt(half.decided), 1);
        for (const operation of operationsOf(frame.body)) half.decided += countOf(operation);
      }
      toOwner(frame);
    },
  };
}

/** Reads what nobody can look at yet, and keeps it. */
function hoarding(): StartOwner {
  return relaying(() => {
    const paused = [false, false];
    const kept: [chunk: Buffer, end: boolean][][] = [[], []];
    let feed = (_direction: Direction): void => undefined;
    return {
      io: {
        setPaused(direction, isPaused) {
          paused[direction] = isPaused;
          setImmediate(() => feed(direction));
        },
        keepChunk: () => false,
      },
      stream: (inner) => {
        feed = (direction) => {
          while (paused[direction] !== true) {
            const next = kept[direction]?.shift();
            if (next === undefined) return;
            inner.receive(direction, ...next);
          }
        };
        return {
          receive(direction, chunk, end) {
            kept[direction]?.push([Buffer.from(chunk), end]);
            feed(direction);
          },
        };
      },
    };
  });
}

/** Sends on what it has and nobody has decided, when something ends. */
function failingOpen(when: "end" | "close"): StartOwner {
  return relaying((io) => {
    const received: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
    const sent = [0, 0];
    const flush = (direction: Direction): void => {
      const left = received[direction].subarray(sent[direction]);
      if (left.length > 0) io.send(direction, left);
    };
    return {
      io: {
        send(direction, bytes) {
          sent[direction]! += bytes.length;
          return io.send(direction, bytes);
        },
        end(direction) {
          if (when === "end") flush(direction);
          io.end(direction);
        },
        close(reason) {
          if (when === "close") flush(0);
          io.close(reason);
        },
      },
      stream: (inner) => ({
        receive(direction, chunk, end) {
          received[direction] = Buffer.concat([received[direction], chunk]);
          inner.receive(direction, chunk, end);
        },
      }),
    };
  });
}

/** What is injected leaves behind the next bytes, not before them. */
function swapped(operations: readonly Buffer[]): readonly Buffer[] {
  const all = [...operations];
  for (let at = all.length - 2; at >= 0; at--) {
    const [one, next] = [all[at]!, all[at + 1]!];
    if (one.readUInt8() === 3 && countOf(next) > 0) all.splice(at, 2, next, one);
  }
  return all;
}

/** As if there were no frames of these types. */
const without =
  (...types: readonly number[]): Change =>
  (frame) =>
    types.includes(frame.type) ? undefined : frame;

export interface WrongOwner {
  readonly start: StartOwner;
  /** What it is put to. Default: all checks of the matter. */
  readonly among?: RegExp;
  /** The checks that it fails, in their order, and no others. */
  readonly fails: readonly RegExp[];
}

type WrongOwners = Readonly<Record<string, WrongOwner>>;

// Owners with one fault each, by the checks that they are put to.

export const WRONG_OPENING: WrongOwners = {
  "which speaks any version": {
    start: altering({
      hears: (frame) => {
        if (frame.type === READY) frame.body.writeUInt16BE(1);
        return frame;
      },
    }),
    fails: [/another version is not used/],
  },
  "which does not look at the fields": {
    start: altering({
      hears: (frame) => {
        if (frame.type !== READY) return frame;
        const declared = JSON.parse(frame.body.subarray(6).toString()) as readonly object[];
        const body = json(declared.map((one) => ({ ...one, fields: DECLARED.fields })));
        return { ...frame, body: Buffer.concat([frame.body.subarray(0, 2), body]) };
      },
    }),
    fails: [/with other fields/],
  },
  "which ignores REFUSED": { start: altering({ hears: without(REFUSED) }), fails: [/that is REFUSED/] },
  "which ignores errors": {
    start: carryingOut((operations) => operations.filter((operation) => operation.readUInt8() !== 6)),
    fails: [/an error verdict/],
  },
  "which does not tell of other rules": {
    start: altering({ says: without(UPDATE) }),
    fails: [/other rules are told/],
  },
};

export const WRONG_BYTES: WrongOwners = {
  "which sends on what is dropped": {
    start: carryingOut((operations) =>
      operations.map((operation) =>
        operation.readUInt8() === 2 ? Buffer.concat([u8(1), operation.subarray(1)]) : operation,
      ),
    ),
    fails: [/dropped do not go on \(original\)/, /dropped do not go on \(reply\)/],
  },
  "which injects in the wrong place": {
    start: carryingOut(swapped),
    fails: [/what is injected.*\(original\)/, /what is injected.*\(reply\)/],
  },
  "which shows what was passed ahead": {
    start: between(showingAll),
    fails: [
      /passed ahead never cross \(original\)/,
      /passed ahead never cross \(reply\)/,
      /for ever nothing crosses \(original\)/,
      /for ever nothing crosses \(reply\)/,
    ],
  },
};

export const WRONG_WINDOWS: WrongOwners = {
  "which waits for no TAKEN": {
    start: between(boundless),
    among: /64/,
    fails: [/64 KiB/, /64 DATA/],
  },
  "which keeps whatever it is sent": {
    start: hoarding(),
    among: /64|not read for ever/,
    fails: [/not read for ever \(original\)/, /not read for ever \(reply\)/],
  },
  "which gives no credit": { start: altering({ says: without(CREDIT) }), among: /64|CREDIT/, fails: [/CREDIT/] },
  "which gives credit twice": {
    start: altering({
      says: (frame) => {
        const bytes = frame.type === CREDIT ? u32(2 * frame.body.readUInt32BE()) : frame.body;
        return { ...frame, body: bytes };
      },
    }),
    among: /64|CREDIT/,
    fails: [/CREDIT/],
  },
};

export const WRONG_ENDS: WrongOwners = {
  "which sends on what is left at the end": {
    start: failingOpen("end"),
    fails: [/undecided at the end/, /ends within what was decided ahead/],
  },
  "which takes the end of one direction for the end of both": {
    start: relaying((io) => ({ io: { end: () => io.close({ kind: "refused", message: "it has ended" }) } })),
    fails: [/end of one direction/, /end of the reply/],
  },
};

export const WRONG_HOSTILE: WrongOwners = {
  "which sends on what it has when it closes": {
    start: failingOpen("close"),
    // Wherever a connection ends with something undecided.
    fails: [
      /who breaks the protocol/,
      /nothing is decided behind/,
      /what was decided before/,
      /flood of answers/,
      /more answers than may wait/,
      /flood of records/,
      /flood of nothing/,
      /does not begin with READY/,
    ],
  },
  "which believes any offset": {
    start: between(credulous),
    fails: [/who breaks the protocol/, /what was decided before/],
  },
  "which takes any PONG": {
    start: altering({ hears: without(PONG) }),
    fails: [/what cannot be understood/],
  },
};

export const WRONG_RESTARTS: WrongOwners = {
  "which forgets the state": {
    start: altering({
      says: (frame) => {
        if (frame.type !== OPEN || (frame.body.readUInt8() & 2) === 0) return frame;
        const behind = 25 + frame.body.readUInt32BE(21);
        return { ...frame, body: Buffer.concat([frame.body.subarray(0, 21), block(""), frame.body.subarray(behind)]) };
      },
    }),
    fails: [/goes on with the last state/],
  },
  "which resumes whatever it was told": {
    start: altering({
      hears: (frame) => {
        if (frame.type === OPENED) return { ...frame, body: u8(1) };
        return frame.type === DECIDED ? { ...frame, body: Buffer.concat([frame.body, SAME.bytes]) } : frame;
      },
    }),
    fails: [/cannot be resumed/],
  },
  "which waits for a frozen host for ever": {
    start: (configuration) => sessionOwner()({ ...configuration, stuckMs: 1_000_000 }),
    fails: [/answers nothing for too long/],
  },
};
