import { describe } from "node:test";
import { type ExchangeCase, exchangeTests } from "./exchange-case.ts";

const DENIED = "CLIENT_ERROR access denied\r\n";

/** A request line (with its data block) under these commands: passes, or is denied. */
const judged = (request: string, commands: readonly string[], allowed: boolean): ExchangeCase => ({
  name: `${JSON.stringify(request.slice(0, 60))} with ${commands.join(", ") || "nothing"} is ${allowed ? "allowed" : "denied"}`,
  l7: commands.map((command) => ({ command, keyPrefix: "a" })),
  steps: [["client", `${request}\r\n`]],
  toServer: allowed ? `${request}\r\n` : "",
  toClient: allowed ? "" : DENIED,
});

const allowed = (request: string, ...commands: string[]): ExchangeCase => judged(request, commands, true);
const denied = (request: string, ...commands: string[]): ExchangeCase => judged(request, commands, false);

describe("memcache, meta: what its flags make of a request", () => {
  exchangeTests([
    allowed("mg a", "get"),
    allowed("mg a v t s c f h l k u O1 R30 q", "get"),
    denied("mg a T30", "get"),
    allowed("mg a T30 v", "gat"),
    allowed("mg a T30 v", "get", "touch"),
    allowed("mg a T30 v", "get", "writeGroup"),
    denied("mg a v N30", "get"),
    denied("mg a v N30", "writeGroup"),
    allowed("mg a v N30", "get", "add"),
    denied("mg a N30 T30", "get", "touch"),
    denied("mg a N30 T30", "get", "add"),
    allowed("mg a N30 T30", "get", "touch", "add"),
    allowed("mg a N30 T30", "gat", "add"),
    allowed("ms a 1\r\nx", "set"),
    allowed("ms a 1 MS T0 F4294967295 I k O1 c q\r\nx", "set"),
    denied("ms a 1\r\nx", "add", "replace", "append", "prepend", "cas", "get"),
    allowed("ms a 1 ME\r\nx", "add"),
    allowed("ms a 1 MA\r\nx", "append"),
    allowed("ms a 1 MP\r\nx", "prepend"),
    allowed("ms a 1 MR\r\nx", "replace"),
    denied("ms a 1 MR\r\nx", "set"),
    denied("ms a 1 MA N30\r\nx", "append"),
    allowed("ms a 1 MA N30\r\nx", "append", "add"),
    allowed("ms a 1 C18446744073709551615\r\nx", "cas"),
    denied("ms a 1 C7\r\nx", "set"),
    denied("ms a 1 C7 I\r\nx", "cas"),
    allowed("ms a 1 C7 I\r\nx", "cas", "set"),
    allowed("ms a 1 C7 ME\r\nx", "add"),
    allowed("ms a 1 C7 MR\r\nx", "cas"),
    // memcached deletes the item if the new value is too large for it, in every mode.
    denied(`ms a 513 ME\r\n${"x".repeat(513)}`, "add"),
    denied(`ms a 513 MA\r\n${"x".repeat(513)}`, "append"),
    denied(`ms a 513 C7\r\n${"x".repeat(513)}`, "cas", "get"),
    allowed(`ms a 512 ME\r\n${"x".repeat(512)}`, "add"),
    allowed(`ms a 513 ME\r\n${"x".repeat(513)}`, "add", "delete"),
    allowed(`ms a 513 ME\r\n${"x".repeat(513)}`, "storage"),
    allowed(`ms a 513 C7 I\r\n${"x".repeat(513)}`, "cas", "set"),
    allowed(`ms a 513\r\n${"x".repeat(513)}`, "set"),
    allowed("md a", "delete"),
    allowed("md a C7 k q O1 I", "delete"),
    denied("md a", "set"),
    denied("md a I T30", "delete"),
    allowed("md a I T30", "delete", "touch"),
    allowed("ma a", "incr"),
    allowed("ma a M+ D18446744073709551615 v c t", "incr"),
    denied("ma a MD", "incr"),
    allowed("ma a M-", "decr"),
    denied("ma a N0 J5", "incr"),
    allowed("ma a N0 J5", "incr", "add"),
    denied("ma a T30", "incr"),
    allowed("ma a T30", "storage", "touch"),
    allowed("me a", "me"),
    denied("me a", "get", "writeGroup"),
    denied("mn", "get", "writeGroup"),
    allowed("mg YWI= b", "get"),
    denied("mg Yg== b", "get"),
    allowed("me YWI= b", "me"),
    denied("mg Yg== v b k", "get"),
    allowed("ms YWI= 1 b\r\nx", "set"),
    denied("ms YWI= 1\r\nx", "set"),
    {
      name: "base64 keys are logged and matched decoded",
      l7: [{ command: "get", keyExact: "\u00e9\udcff" }],
      steps: [["client", "mg w6n/ b v\r\nmg w6n/ v\r\n"]],
      toServer: "mg w6n/ b v\r\n",
      log: ["Request get \u00e9\udcff", "Denied get w6n/"],
    },
    {
      name: "mn is noop",
      l7: [{ command: "noop" }],
      steps: [["client", "mn\r\nmg a\r\n"]],
      toServer: "mn\r\n",
      log: ["Request noop", "Denied get a"],
    },
    {
      name: "the log names what a request amounts to",
      steps: [["client", "mg a T1 N1\r\nms a 1 C1 I\r\nx\r\nma a MD\r\nmd a I T1\r\n"]],
      log: ["Request gat, add a", "Request cas, set a", "Request decr a", "Request delete, touch a"],
    },
  ]);
});

describe("memcache, meta: replies", () => {
  exchangeTests([
    {
      name: "values by their lengths, other replies by line",
      l7: [{ command: "get" }, { command: "storage" }, { command: "noop" }],
      steps: [
        ["client", "mg a v k\r\nmg b\r\nms a 2\r\nab\r\nma a v\r\nmn\r\nmd a\r\n"],
        ["server", "VA 8 ka\r\nEN\r\nMN\r\n\r\nEN\r\nHD\r\nVA 1\r\n7\r\n"],
        ["server", "MN\r\n"],
      ],
      toClient: `VA 8 ka\r\nEN\r\nMN\r\n\r\nEN\r\nHD\r\nVA 1\r\n7\r\nMN\r\n${DENIED}`,
    },
    {
      name: "a denial behind quiet requests: a fence goes in its place",
      l7: [{ command: "get" }],
      steps: [
        ["client", "mg a v q\r\nmg b v q\r\nms a 3 q\r\nmn\r\r\nmg c v\r\n"],
        ["server", "VA 4\r\nMN\r\n\r\n"],
        ["server", "MN\r\nVA 1\r\nx\r\n"],
      ],
      toServer: "mg a v q\r\nmg b v q\r\nmn\r\nmg c v\r\n",
      toClient: `VA 4\r\nMN\r\n\r\n${DENIED}VA 1\r\nx\r\n`,
    },
    {
      name: "the reply behind a fence is exact again",
      l7: [{ command: "get" }],
      steps: [
        ["client", "mg a v q\r\nmd a\r\nmd b q\r\nmg c v\r\nmd c\r\n"],
        ["server", "MN\r\nVA 1\r\nx\r\n"],
      ],
      toServer: "mg a v q\r\nmn\r\nmg c v\r\n",
      toClient: `${DENIED}${DENIED}VA 1\r\nx\r\n${DENIED}`,
    },
    {
      name: "the client's own mn ends the uncertainty",
      steps: [
        ["client", "mg a v q\r\nmg b v q\r\nmn\r\nget c\r\n"],
        ["server", "VA 1\r\nx\r\nMN\r\nEND\r\n"],
        ["client", "set a 0 0 1 noreply\r\nx\r\nquit\r\n"],
      ],
      toClient: "VA 1\r\nx\r\nMN\r\nEND\r\n",
    },
    {
      name: "several fences in a row",
      l7: [{ command: "get" }],
      steps: [
        ["client", "mg a q\r\nmd a\r\nmg b q\r\nmd b\r\nmg c q\r\nmd c\r\nmd d\r\n"],
        ["server", "HD\r\nMN\r\nMN\r\nHD\r\nMN\r\n"],
      ],
      toServer: "mg a q\r\nmn\r\nmg b q\r\nmn\r\nmg c q\r\nmn\r\n",
      toClient: `HD\r\n${DENIED}${DENIED}HD\r\n${DENIED}${DENIED}`,
    },
    {
      name: "behind quiet requests other replies pass by their own form",
      l7: [{ command: "get" }, { command: "set" }],
      steps: [
        ["client", "ms a 1 q\r\nx\r\nget a b\r\nset a 0 0 1\r\nx\r\ndelete a\r\n"],
        ["server", "VALUE a 0 4\r\nMN\r\n\r\nEND\r\nSTORED\r\nMN\r\n"],
      ],
      toClient: `VALUE a 0 4\r\nMN\r\n\r\nEND\r\nSTORED\r\n${DENIED}`,
    },
    {
      name: "an MN that nobody asked for",
      steps: [
        ["client", "mg a q\r\n"],
        ["server", "MN\r\n"],
      ],
      toClient: "",
      closed: /fits no request/,
    },
    {
      name: "a dump behind quiet requests",
      steps: [["client", "mg a q\r\nlru_crawler metadump all\r\n"]],
      toServer: "mg a q\r\n",
      closed: /send mn before it/,
    },
  ]);
});

const refused = (request: string, closed: RegExp): ExchangeCase => ({
  name: JSON.stringify(request),
  steps: [["client", `${request}\r\n`]],
  toServer: "",
  toClient: "CLIENT_ERROR bad command line format\r\n",
  closed,
});

describe("memcache, meta: what is refused", () => {
  exchangeTests([
    refused("mg", /no key/),
    refused("mx a", /unknown command/),
    refused("mn now", /mn takes no words/),
    refused("mg a v v", /twice/),
    refused("mg a q q", /twice/),
    refused("mg a vv", /argument/),
    refused("mg a T", /argument/),
    refused("mg a T2147483648", /argument/),
    refused("mg a T+1", /argument/),
    refused("mg a E1", /does not take/),
    refused("mg a M0", /does not take/),
    refused("mg a \xff", /does not take/),
    refused(`mg a O${"o".repeat(32)}`, /argument/),
    refused("mg a b", /base64/),
    refused("mg YWI b", /base64/),
    refused("mg Y-I= b", /base64/),
    refused("mg YR== b", /base64/),
    refused("mg YW==I= b", /base64/),
    refused(`mg ${"YWFh".repeat(63)} b`, /longer than 250/),
    refused(`mg ${"k".repeat(251)}`, /longer than 250/),
    refused("ms a", /no key or no length/),
    refused("ms a T0", /no plain number/),
    refused("ms a S2", /no plain number/),
    refused("ms a -1", /no plain number/),
    refused("ms a 4294967303", /no plain number/),
    refused("ms a 2 X", /does not take/),
    refused("ms a 2 x", /does not take/),
    refused("ms a 2 Me", /mode e/),
    refused("ms a 2 MZ", /mode Z/),
    refused("ms a 2 MSS", /argument/),
    refused("ms a 2 M", /argument/),
    refused("ms a 2 F4294967296", /argument/),
    refused("ms a 2 C18446744073709551616", /argument/),
    refused("ms a 2 C-1", /argument/),
    refused("ma a MX", /mode X/),
    refused("ma a D-1", /argument/),
    refused("md a x", /does not take/),
    refused("me", /me takes/),
    refused("me a v", /me takes/),
    refused("me a b b", /me takes/),
    refused(`mg a ${"v ".repeat(18)}`, /words/),
  ]);
});
