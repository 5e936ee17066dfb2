import { describe } from "node:test";
import { EXPIRY, FLAGS_AND_EXPIRY, packet, response } from "./binary-packet.ts";
import { type ExchangeCase, exchangeTests } from "./exchange-case.ts";

const denial = (opcode: number, opaque: number): string =>
  response(opcode, { status: 0x08, opaque, value: "access denied" });

const get = (key: string, opaque = 0): string => packet(0x00, { key, opaque });
const getq = (key: string, opaque = 0): string => packet(0x09, { key, opaque });
const set = (key: string, value: string, opaque = 0): string =>
  packet(0x01, { extras: FLAGS_AND_EXPIRY, key, value, opaque });
const noop = (opaque = 0): string => packet(0x0a, { opaque });
const hit = (opcode: number, value: string, opaque = 0): string =>
  response(opcode, { extras: "\0\0\0\0", value, opaque });
const miss = (opcode: number, opaque = 0): string => response(opcode, { status: 1, value: "Not found", opaque });

describe("memcache, binary: requests and replies", () => {
  exchangeTests([
    {
      name: "set and a denied get",
      l7: [{ command: "set" }],
      steps: [
        ["client", set("k", "value", 1) + get("k", 2)],
        ["server", response(0x01, { opaque: 1 })],
      ],
      toServer: set("k", "value", 1),
      toClient: response(0x01, { opaque: 1 }) + denial(0x00, 2),
      log: ["Request set k", "Denied get k"],
    },
    {
      name: "denials keep their places, again and again",
      l7: [{ command: "set" }],
      steps: [
        ["client", get("a", 1) + set("b", "", 2) + get("c", 3) + get("d", 4) + set("e", "", 5) + get("f", 6)],
        ["server", response(0x01, { opaque: 2 }) + response(0x01, { opaque: 5 })],
        ["client", get("g", 7)],
      ],
      toClient: [
        denial(0, 1),
        response(0x01, { opaque: 2 }),
        denial(0, 3),
        denial(0, 4),
        response(0x01, { opaque: 5 }),
        denial(0, 6),
        denial(0, 7),
      ].join(""),
    },
    {
      name: "append and prepend belong to the groups, quiet or not",
      l7: [{ command: "storage", keyPrefix: "a" }],
      steps: [["client", [0x0e, 0x0f, 0x19, 0x1a].map((opcode) => packet(opcode, { key: "ab", value: "x" })).join("")]],
      log: ["Request append ab", "Request prepend ab", "Request append ab", "Request prepend ab"],
    },
    {
      name: "every opcode that touches is gat or touch",
      l7: [{ command: "gat" }],
      steps: [
        [
          "client",
          [0x1d, 0x1e, 0x23, 0x24, 0x1c].map((opcode) => packet(opcode, { extras: EXPIRY, key: "a" })).join(""),
        ],
      ],
      log: ["Request gat a", "Request gat a", "Request gat a", "Request gat a", "Denied touch a"],
    },
    {
      name: "a denied quiet get is a miss: silent",
      l7: [{ command: "get", keyPrefix: "a" }, { command: "noop" }],
      steps: [
        ["client", getq("a", 1) + getq("b", 2) + packet(0x0d, { key: "b", opaque: 3 }) + noop(4)],
        ["server", hit(0x09, "x", 1) + response(0x0a, { opaque: 4 })],
      ],
      toServer: getq("a", 1) + noop(4),
      toClient: hit(0x09, "x", 1) + response(0x0a, { opaque: 4 }),
    },
    {
      name: "a denied quiet mutation is answered",
      l7: [],
      steps: [["client", [0x11, 0x14].map((opcode) => denyable(opcode, 9)).join("")]],
      toServer: "",
      toClient: denial(0x11, 9) + denial(0x14, 9),
    },
    {
      name: "a denial behind quiet operations: a NOOP goes in its place",
      l7: [{ command: "get" }],
      steps: [
        ["client", getq("a", 1) + getq("b", 2) + set("c", "\x80".repeat(30), 3) + get("d", 4)],
        ["server", hit(0x09, "x", 2) + response(0x0a) + miss(0x00, 4)],
      ],
      toServer: getq("a", 1) + getq("b", 2) + noop() + get("d", 4),
      toClient: hit(0x09, "x", 2) + denial(0x01, 3) + miss(0x00, 4),
    },
    {
      name: "a denied NOOP behind quiet operations comes behind their replies",
      l7: [{ command: "get" }],
      steps: [
        ["client", getq("a", 1) + noop(2)],
        ["server", hit(0x09, "x", 1) + response(0x0a)],
      ],
      toClient: hit(0x09, "x", 1) + denial(0x0a, 2),
    },
    {
      name: "the client's own NOOP ends the uncertainty",
      l7: [{ command: "get" }, { command: "noop" }],
      steps: [
        ["client", getq("a", 1) + noop(2) + set("b", "", 3)],
        ["server", response(0x0a, { opaque: 2 })],
      ],
      toServer: getq("a", 1) + noop(2),
      toClient: response(0x0a, { opaque: 2 }) + denial(0x01, 3),
    },
    {
      name: "statistics are many packets and one reply",
      l7: [{ command: "stats" }],
      steps: [
        ["client", packet(0x10, { key: "items", opaque: 1 }) + get("a", 2) + packet(0x10, { opaque: 3 }) + get("b", 4)],
        ["server", response(0x10, { key: "x", value: "1", opaque: 1 }) + response(0x10, { opaque: 1 })],
        ["server", response(0x10, { status: 1, value: "Not found", opaque: 3 })],
      ],
      toClient: [
        response(0x10, { key: "x", value: "1", opaque: 1 }),
        response(0x10, { opaque: 1 }),
        denial(0x00, 2),
        response(0x10, { status: 1, value: "Not found", opaque: 3 }),
        denial(0x00, 4),
      ].join(""),
    },
    {
      name: "a statistics group is no key",
      l7: [{ command: "stats", keyPrefix: "items" }],
      steps: [["client", packet(0x10, { key: "items" })]],
      toServer: "",
      log: ["Denied stats"],
    },
    {
      name: "opcodes that memcached takes wrongly are answered here",
      steps: [
        [
          "client",
          get("a", 1) + packet(0x30, { key: "abcde", opaque: 2 }) + packet(0x1b, { extras: EXPIRY, opaque: 3 }),
        ],
        ["server", miss(0x00, 1)],
      ],
      toServer: get("a", 1),
      toClient:
        miss(0x00, 1) +
        response(0x30, { status: 0x81, value: "Unknown command", opaque: 2 }) +
        response(0x1b, { status: 0x81, value: "Unknown command", opaque: 3 }),
    },
    {
      name: "keys are bytes: text where they are UTF-8, lone surrogates where not",
      l7: [{ command: "get", keyPrefix: "\u00e9" }],
      steps: [["client", get("\xc3\xa9\xff\r\n") + get("\xe9")]],
      toServer: get("\xc3\xa9\xff\r\n"),
      log: ["Request get \u00e9\udcff\r\n", "Denied get \udce9"],
    },
    {
      name: "a denied quit is answered and the connection stays",
      l7: [{ command: "get" }],
      steps: [["client", packet(0x07, { opaque: 1 }) + packet(0x17, { opaque: 2 }) + get("a")]],
      toServer: get("a"),
      toClient: denial(0x07, 1) + denial(0x17, 2),
    },
  ]);
});

function denyable(opcode: number, opaque: number): string {
  return opcode === 0x11
    ? packet(opcode, { extras: FLAGS_AND_EXPIRY, key: "k", value: "v", opaque })
    : packet(opcode, { key: "k", opaque });
}

const refused = (name: string, bytes: string, opcode: number, closed: RegExp): ExchangeCase => ({
  name,
  fresh: true,
  steps: [["client", bytes]],
  toServer: "",
  toClient: response(opcode, { status: 0x04, value: "Invalid arguments", opaque: 5 }),
  closed,
});

describe("memcache, binary: what is refused", () => {
  const opaque = 5;
  exchangeTests([
    refused("an unknown opcode", packet(0x99, { opaque }), 0x99, /opcode 0x99 is unknown/),
    refused("a data type", packet(0x00, { key: "a", dataType: 1, opaque }), 0, /data type/),
    refused("a key beyond the body", packet(0x00, { key: "abc", bodyLength: 1, opaque }), 0, /longer than the body/),
    refused(
      "extras beyond the body",
      packet(0x01, { extras: FLAGS_AND_EXPIRY, key: "abc", bodyLength: 9, opaque }),
      1,
      /longer than the body/,
    ),
    refused("a key of 251 bytes", packet(0x00, { key: "k".repeat(251), opaque }), 0, /longer than 250/),
    refused("get without a key", packet(0x00, { opaque }), 0, /has none/),
    refused("get with extras", packet(0x00, { extras: EXPIRY, key: "a", opaque }), 0, /extras/),
    refused("get with a value", packet(0x00, { key: "a", value: "x", opaque }), 0, /longer than the opcode takes/),
    refused("set without extras", packet(0x01, { key: "a", value: "x", opaque }), 1, /extras/),
    refused("set with longer extras", packet(0x01, { extras: `${FLAGS_AND_EXPIRY}\0`, key: "a", opaque }), 1, /extras/),
    refused(
      "touch with a value",
      packet(0x1c, { extras: EXPIRY, key: "a", value: set("b", ""), opaque }),
      0x1c,
      /longer/,
    ),
    refused(
      "gat with a value",
      packet(0x1d, { extras: EXPIRY, key: "a", value: set("b", ""), opaque }),
      0x1d,
      /longer/,
    ),
    refused("statistics with a value", packet(0x10, { key: "items", value: set("b", ""), opaque }), 0x10, /longer/),
    refused("incr with a value", packet(0x05, { extras: "\0".repeat(20), key: "a", value: "x", opaque }), 5, /longer/),
    refused("version with a key", packet(0x0b, { key: "a", opaque }), 0x0b, /without key/),
    refused("noop with a body", packet(0x0a, { value: "x", opaque }), 0x0a, /longer/),
    refused("quit with a body", packet(0x07, { value: "x", opaque }), 0x07, /longer/),
    refused("a mechanism of 33 bytes", packet(0x21, { key: "M".repeat(33), opaque }), 0x21, /mechanism/),
    refused("a body above the limit", packet(0x01, { bodyLength: 0xffff_fff0, opaque }), 1, /body is longer/),
    {
      name: "text on a binary connection",
      steps: [["client", `${get("a")}get b\r\n${"x".repeat(24)}`]],
      toServer: get("a"),
      closed: /does not begin with 0x80|is unknown/,
    },
    {
      name: "a response in the client's direction",
      steps: [["client", get("a") + response(0x00)]],
      toServer: get("a"),
      closed: /does not begin with 0x80/,
    },
    {
      name: "bytes behind quit",
      steps: [["client", packet(0x07) + get("a")]],
      toServer: packet(0x07),
      closed: /behind quit/,
    },
    {
      name: "a response of another opcode than is due",
      steps: [
        ["client", get("a")],
        ["server", response(0x01)],
      ],
      toClient: "",
      closed: /fits no request/,
    },
    {
      name: "a request in the server's direction",
      steps: [
        ["client", get("a")],
        ["server", get("a")],
      ],
      toClient: "",
      closed: /does not begin with 0x81/,
    },
    {
      name: "two responses to one request",
      steps: [
        ["client", get("a")],
        ["server", miss(0x00) + miss(0x00)],
      ],
      toClient: miss(0x00),
      closed: /fits no request/,
    },
  ]);
});
