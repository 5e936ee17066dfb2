// Frames that are larger than what may be buffered.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { JUDGED_BYTES_MAX } from "../../src/parsers/cassandra/limits.ts";
import type { ScriptedConnection } from "../../src/proxylib/testing/index.ts";
import { HeaderFlag, int, longString, Opcode, request, response, short, string } from "./cql-frame.ts";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import { logOf, startedConnection, unauthorized } from "./exchange-case.ts";

const READ = [{ query_action: "select", query_table: "^ks[.]t$" }];
const HEADER_LENGTH = 9;
const PIECE = "x".repeat(65_536);
const HUGE = 100_000_000;
const INSERT = "INSERT INTO ks.t (a) VALUES (?)";
const SELECT = requests.query("SELECT a FROM ks.t", { stream: 1 });

/** A frame with a value of so many bytes, up to that value. */
function beginning(frame: string, valueLength: number): string {
  // The value is empty in the frame that is given, and its length the last of it.
  const header = frame.slice(0, 5) + int(frame.length - HEADER_LENGTH + valueLength);
  return header + frame.slice(HEADER_LENGTH, -4) + int(valueLength);
}

/** Counts what arrives without keeping it, so that nothing else than the parser's own memory is large. */
function pour(connection: ScriptedConnection, side: "client" | "server", byteCount: number): number {
  let arrived = 0;
  for (let left = byteCount; left > 0; left -= PIECE.length) {
    const piece = left >= PIECE.length ? PIECE : PIECE.slice(0, left);
    if (side === "client") connection.fromClient(piece);
    else connection.fromServer(piece);
    arrived += (side === "client" ? connection.takeToServer() : connection.takeToClient()).length;
  }
  return arrived;
}

/** Not `assert.equal`, which would show megabytes. */
function assertSame(actual: string, expected: string): void {
  assert.equal(actual.length, expected.length);
  assert.ok(actual === expected);
}

/** The verdicts that decide. */
function decisionsOf(connection: ScriptedConnection): readonly string[] {
  return connection.takeOps().filter((op) => !/^(MORE|NOP)/.test(op));
}

/** The number in `MORE 5`. */
const countOf = (op: string): number => Number(op.split(" ")[1]);

describe("cassandra: requests beyond the buffer", () => {
  const execute = requests.execute("id", { values: [""] });
  const SENT = {
    QUERY: requests.query(INSERT, { values: [""] }),
    "QUERY with a payload": requests.query(INSERT, { values: [""], customPayload: { a: "b" } }),
    "QUERY, version 3": requests.query(INSERT, { values: [""], version: 3 }),
    EXECUTE: execute,
  };

  for (const [name, frame] of Object.entries(SENT)) {
    it(`${name} with 100 MB of values is decided once, and passes piece by piece`, () => {
      const connection = startedConnection({ version: frame.charCodeAt(0) });
      if (frame === execute) {
        connection.fromClient(requests.prepare(INSERT));
        connection.fromServer(responses.resultPrepared("id"));
        connection.takeToServer();
        connection.takeOps();
      }
      const bytes = beginning(frame, HUGE);
      connection.fromClient(bytes);
      assert.equal(connection.takeToServer(), bytes);
      assert.equal(pour(connection, "client", HUGE), HUGE);
      assert.deepEqual(decisionsOf(connection), [`PASS ${bytes.length + HUGE}`]);
      connection.fromClient(requests.askOptions({ stream: 1, version: frame.charCodeAt(0) }));
      assert.equal(connection.takeToServer().length, HEADER_LENGTH);
      assert.equal(connection.closeReason, undefined);
      assert.equal(logOf(connection.records).at(-1)?.startsWith("Request insert ks.t"), true);
    });
  }

  it("a denied one is dropped piece by piece, whatever it holds", () => {
    const connection = startedConnection({ l7: READ });
    connection.fromClient(beginning(requests.query(INSERT, { values: [""] }), HUGE));
    assert.equal(connection.takeToClient(), unauthorized());
    for (let left = HUGE; left > 0; left -= SELECT.length) connection.fromClient(SELECT.slice(0, left));
    assert.equal(connection.takeToServer(), "");
    assert.equal(decisionsOf(connection).length, 1);
    connection.fromClient(SELECT);
    assert.equal(connection.takeToServer(), SELECT);
  });

  it("no more is waited for than the text, and at most as much again", () => {
    const text = `SELECT a FROM ks.t WHERE b = '${"y".repeat(10_000)}'`;
    const textEnd = HEADER_LENGTH + 4 + text.length;
    const frame = beginning(requests.query(text, { values: [""] }), HUGE);
    const connection = startedConnection();
    for (const [index, byte] of [...frame].entries()) {
      connection.fromClient(byte);
      for (const op of connection.takeOps()) {
        if (op.startsWith("MORE")) assert.ok(index + 1 + countOf(op) <= Math.max(textEnd + 3, 2 * (index + 1)), op);
        else assert.ok(index <= textEnd + 3, `${op} at byte ${index}`);
      }
    }
    assertSame(connection.takeToServer(), frame);
  });

  it("the largest frame that there may be", () => {
    const connection = startedConnection();
    const frame = requests.query(INSERT, { length: 2 ** 28 });
    connection.fromClient(frame);
    assertSame(connection.takeToServer(), frame);
    assert.deepEqual(connection.takeOps(), [`PASS ${2 ** 28 + HEADER_LENGTH}`]);
  });
});

describe("cassandra: requests of which too much would have to be read", () => {
  /** Of a QUERY, what stands around its text. */
  const AROUND = HEADER_LENGTH + 4 + 3;
  const textOf = (length: number): string => "SELECT a FROM ks.t WHERE b = ''".padEnd(length, " ");
  const atLimit = textOf(JUDGED_BYTES_MAX - AROUND);
  const above = textOf(JUDGED_BYTES_MAX - AROUND + 1);
  const parts = (bytes: string): readonly string[] => bytes.match(/.{1,65536}/gs) ?? [];

  it("a text at the limit is judged", () => {
    const connection = startedConnection({ l7: READ });
    const frame = beginning(requests.query(atLimit, { values: [""] }), 2_000_000);
    for (const part of parts(frame)) connection.fromClient(part);
    assertSame(connection.takeToServer(), frame);
    assert.equal(pour(connection, "client", 2_000_000), 2_000_000);
    assert.deepEqual(logOf(connection.records), ["Request select ks.t"]);
  });

  const inKeyspace = requests.query("SELECT a FROM t", { values: [`${"v".repeat(800_000)}`], keyspace: "ks" });
  const TOO_LONG = {
    QUERY: [requests.query(above), ""],
    PREPARE: [requests.prepare(`${above}   `), " prepared=prepare"],
    "BATCH, one text": [requests.batch([{ text: above }]), " batch=true"],
    "BATCH, many texts": [
      requests.batch(new Array(30_000).fill({ text: "DELETE FROM ks.t WHERE a = 1" })),
      " batch=true",
    ],
    "QUERY behind a payload": [requests.query("SELECT a FROM ks.t", { customPayload: { a: above } }), ""],
    "EXECUTE behind a payload": [requests.execute("id", { customPayload: { a: above } }), " prepared=execute"],
    "QUERY with its keyspace behind values": [inKeyspace, ""],
  };
  for (const [name, [frame = "", markers]] of Object.entries(TOO_LONG)) {
    it(`${name}: refused and dropped unread, and the connection lives on`, () => {
      const connection = startedConnection();
      // Cut within the header, so that what may come of it was not seen before it is decided.
      for (const part of [frame.slice(0, 3), ...parts(frame.slice(3))]) connection.fromClient(part);
      assert.deepEqual(decisionsOf(connection), [`DROP ${frame.length}`]);
      assert.equal(connection.takeToClient(), unauthorized());
      connection.fromClient(SELECT);
      assert.equal(connection.takeToServer(), SELECT);
      assert.deepEqual(logOf(connection.records), [
        `Denied${markers} status=not understood: a request of which more than 768 KiB would have to be read`,
        "Request select ks.t",
      ]);
    });
  }

  it("a payload that lies about its length is the same whole and in pieces", () => {
    const first = string("a") + longString("x".repeat(800_000));
    const lie = short(2) + first + string("b") + int(1_000_000) + longString("SELECT a FROM ks.t");
    const frame = request(Opcode.Query, lie, { flags: HeaderFlag.CustomPayload });
    const outcomes = [[frame], parts(frame)].map((pieces) => {
      const connection = startedConnection();
      for (const piece of pieces) connection.fromClient(piece);
      return [connection.closeReason?.message, connection.takeToClient(), connection.takeToServer()];
    });
    assert.deepEqual(outcomes[0], outcomes[1]);
    assert.equal(outcomes[0]?.[2], "");
  });
});

describe("cassandra: what comes in many pieces costs no more than its length", () => {
  const entries = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, "a value of a key"]));

  it("a payload of 20,000 entries and a frame that is larger than the buffer, byte by byte", () => {
    const connection = startedConnection({ l7: READ });
    const text = "SELECT a FROM ks.t WHERE b = ?";
    const frame = beginning(requests.query(text, { customPayload: entries(20_000), values: [""] }), 2_000_000);
    for (const byte of frame) connection.fromClient(byte);
    // More may be waited for than is needed, as long as it is of the same frame.
    const arrived = connection.takeToServer().length + pour(connection, "client", 2_000_000);
    assert.equal(arrived, frame.length + 2_000_000);
    // Each call sees at least twice what the last one saw, but for the first few.
    assert.ok(connection.takeOps().length < 24);
  });

  it("warnings before an answer, byte by byte", () => {
    const connection = startedConnection();
    connection.fromClient(SELECT);
    connection.takeOps();
    const frame = responses.resultVoid({ stream: 1, warnings: new Array(5_000).fill("0123456") });
    for (const byte of frame) connection.fromServer(byte);
    assertSame(connection.takeToClient(), frame);
    assert.ok(connection.takeOps().length < 20);
  });

  it("a batch of 4,000 statements, byte by byte", () => {
    const connection = startedConnection();
    const frame = requests.batch(new Array(4_000).fill({ text: "DELETE FROM ks.t WHERE a=1" }));
    for (const byte of frame) connection.fromClient(byte);
    assertSame(connection.takeToServer(), frame);
    assert.ok(connection.takeOps().length < 20);
    assert.equal(connection.count("Request"), 4_000);
  });
});

describe("cassandra: answers beyond the buffer", () => {
  const rows = { keyspace: "ks", table: "t", columns: ["a"], rows: [[""]] };
  const prefix = { warnings: ["w"], tracingId: "\0".repeat(16) };
  for (const [name, frame] of [
    ["RESULT Rows", responses.resultRows(rows, { stream: 1 })],
    ["RESULT Rows behind a prefix", responses.resultRows(rows, { stream: 1, ...prefix })],
  ] as const) {
    it(`${name} of 100 MB passes piece by piece, and a denial waits for its end`, () => {
      const connection = startedConnection({ l7: READ });
      connection.fromClient(SELECT);
      connection.takeOps();
      const bytes = beginning(frame, HUGE);
      connection.fromServer(bytes);
      assert.equal(connection.takeToClient(), bytes);
      assert.deepEqual(decisionsOf(connection), [`PASS ${bytes.length + HUGE}`]);
      assert.equal(pour(connection, "server", HUGE - 1), HUGE - 1);
      connection.fromClient(requests.query(INSERT, { stream: 2 }));
      assert.equal(connection.takeToClient(), "");
      connection.fromServer("x");
      assert.equal(connection.takeToClient(), `x${unauthorized(2)}`);
    });
  }

  it("thousands of denials wait for its end, and none is lost", () => {
    const connection = startedConnection({ l7: READ });
    connection.fromClient(SELECT);
    const answer = responses.resultRows({ ...rows, rows: [["y".repeat(1_000)]] }, { stream: 1 });
    connection.fromServer(answer.slice(0, 500));
    const denied = requests.query(INSERT, { stream: 2 });
    const count = 16_000;
    for (let sent = 0; sent < count; sent += 400) connection.fromClient(denied.repeat(400));
    assert.equal(connection.takeToClient(), answer.slice(0, 500));
    connection.fromServer(answer.slice(500));
    assertSame(connection.takeToClient(), answer.slice(500) + unauthorized(2).repeat(count));
    assert.equal(connection.closeReason, undefined);
  });

  it("an event of 10 MB", () => {
    const connection = startedConnection();
    const bytes = response(Opcode.Event, string("STATUS_CHANGE"), { stream: -1, length: 15 + 10_000_000 });
    connection.fromServer(bytes);
    assert.equal(connection.takeToClient(), bytes);
    assert.equal(pour(connection, "server", 10_000_000), 10_000_000);
    assert.equal(decisionsOf(connection).length, 1);
  });

  it("a prefix that is too long to be read: the answer passes, but a keyspace must not change unseen", () => {
    const warnings = new Array(3).fill("w".repeat(40_000));
    const connection = startedConnection();
    connection.fromClient(SELECT + requests.query("USE ks", { stream: 2 }));
    const passes = responses.resultVoid({ stream: 1, warnings });
    connection.fromServer(passes);
    assert.equal(connection.takeToClient(), passes);
    connection.fromServer(responses.resultSetKeyspace("ks", { stream: 2, warnings }));
    assert.match(connection.closeReason?.message ?? "still open", /too many warnings/);
    assert.equal(connection.takeToClient(), "");
  });
});
