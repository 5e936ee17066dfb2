// Frames that are larger than what may be buffered, and pipelines that are longer than what may be outstanding.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { OUTSTANDING_MAX } from "../../src/parsers/memcached/limits.ts";
import { packet, response } from "./binary-packet.ts";
import { provenConnection } from "./proven-connection.ts";

const DENIED = "CLIENT_ERROR access denied\r\n";
const PIECE = "x".repeat(16_384);
/** Beyond the limit of undecided bytes. */
const PIECES = 200;
const LENGTH = PIECE.length * PIECES;

describe("memcache: values beyond the buffer", () => {
  it("an allowed one passes piece by piece", () => {
    const connection = provenConnection([{}], "set");
    connection.fromClient(`set a 0 0 ${LENGTH}\r\n`);
    let passed = connection.takeToServer();
    for (let count = 0; count < PIECES; count++) {
      connection.fromClient(PIECE);
      assert.equal(connection.takeToServer(), PIECE);
    }
    connection.fromClient("\r\nget a\r\n");
    passed = connection.takeToServer();
    assert.equal(passed, "\r\nget a\r\n");
    connection.fromServer(`STORED\r\nVALUE a 0 ${LENGTH}\r\n`);
    assert.equal(connection.takeToClient(), `STORED\r\nVALUE a 0 ${LENGTH}\r\n`);
    for (let count = 0; count < PIECES; count++) {
      connection.fromServer(PIECE);
      assert.equal(connection.takeToClient(), PIECE);
    }
    connection.fromServer("\r\nEND\r\n");
    assert.equal(connection.takeToClient(), "\r\nEND\r\n");
    assert.equal(connection.closeReason, undefined);
  });

  it("a denied one is dropped piece by piece, whatever it holds", () => {
    const connection = provenConnection([{ command: "get" }], "set");
    connection.fromClient(`set a 0 0 ${LENGTH}\r\n`);
    for (let count = 0; count < PIECES; count++) connection.fromClient(`get b\r\n${PIECE.slice(7)}`);
    connection.fromClient("\r\nget a\r\n");
    assert.equal(connection.takeToServer(), "get a\r\n");
    assert.equal(connection.takeToClient(), DENIED);
  });

  it("a denial waits for the end of the value that is under way", () => {
    const connection = provenConnection([{ command: "get" }], "mg");
    connection.fromClient("mg a v\r\n");
    connection.fromServer("VA 10\r\n01234");
    connection.fromClient("md a\r\n");
    connection.fromServer("56789\r\n");
    assert.equal(connection.takeToClient(), `VA 10\r\n0123456789\r\n${DENIED}`);
  });

  it("binary: both directions", () => {
    const connection = provenConnection([{}], "\x80");
    connection.fromClient(packet(0x01, { extras: "\0".repeat(8), key: "a", bodyLength: 9 + LENGTH }));
    for (let count = 0; count < PIECES; count++) connection.fromClient(PIECE);
    connection.fromClient(packet(0x00, { key: "a" }));
    connection.fromServer(response(0x01) + response(0x00, { bodyLength: LENGTH }));
    for (let count = 0; count < PIECES; count++) connection.fromServer(PIECE);
    assert.equal(connection.takeToClient().length, 48 + LENGTH);
    assert.equal(connection.takeToServer().length, 24 + 9 + LENGTH + 25);
    assert.equal(connection.closeReason, undefined);
  });
});

describe("memcache: long lines", () => {
  it("a get may be cut within its verb, whatever comes with the next piece", () => {
    const bytes = `get ${"k ".repeat(5_000)}\r\n`;
    for (let cut = 1; cut < 8; cut++) {
      const connection = provenConnection([{}], "get");
      connection.fromClient(bytes.slice(0, cut));
      connection.fromClient(bytes.slice(cut, 4_000));
      connection.fromClient(bytes.slice(4_000));
      assert.equal(connection.closeReason, undefined, `cut at ${cut}`);
      assert.equal(connection.takeToServer(), bytes);
    }
  });
});

describe("memcache: long pipelines", () => {
  it("requests wait while too many replies are outstanding, and go on", () => {
    const connection = provenConnection([{}], "get");
    const extra = 1_000;
    for (let count = 0; count < OUTSTANDING_MAX + extra; count += 8) connection.fromClient("get abc\r\n".repeat(8));
    assert.equal(connection.takeToServer().length, "get abc\r\n".length * OUTSTANDING_MAX);
    connection.fromServer("END\r\n".repeat(OUTSTANDING_MAX / 2));
    assert.equal(connection.takeToServer(), "get abc\r\n".repeat(extra));
    connection.fromServer("END\r\n".repeat(OUTSTANDING_MAX / 2 + extra));
    assert.equal(connection.takeToClient(), "END\r\n".repeat(OUTSTANDING_MAX + extra));
    assert.equal(connection.closeReason, undefined);
  });

  it("a waiting client that ends its stream still gets all", () => {
    const connection = provenConnection([{}], "get");
    connection.fromClient("get a\r\n".repeat(OUTSTANDING_MAX + 1), true);
    assert.equal(connection.endSent.original, false);
    connection.fromServer("END\r\n".repeat(OUTSTANDING_MAX));
    assert.equal(connection.takeToServer().length, "get a\r\n".length * (OUTSTANDING_MAX + 1));
    assert.equal(connection.endSent.original, true);
  });

  for (const [name, first, last, one, each] of [
    ["text", "get a\r\n", "END\r\n", "delete abc\r\n", DENIED.length],
    ["binary", packet(0x00, { key: "a" }), response(0x00), packet(0x04, { key: "abc" }), 37],
  ] as const) {
    it(`${name}: tens of thousands of denials behind one outstanding reply`, () => {
      const connection = provenConnection([{ command: "get" }], first);
      connection.fromClient(first);
      const count = OUTSTANDING_MAX - 8;
      for (let sent = 0; sent < count; sent += 8) connection.fromClient(one.repeat(8));
      assert.equal(connection.takeToClient(), "");
      connection.fromServer(last);
      assert.equal(connection.takeToClient().length, last.length + count * each);
      assert.equal(connection.closeReason, undefined);
    });
  }

  it("a line that comes byte by byte costs no more than its length", () => {
    const connection = provenConnection([{}], "get");
    const line = `get ${"abcdefg ".repeat(8_000)}a\r\n`;
    for (const character of line) connection.fromClient(character);
    assert.equal(connection.takeToServer(), line);
  });
});
