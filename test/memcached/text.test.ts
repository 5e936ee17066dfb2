import { describe } from "node:test";
import { type ExchangeCase, exchangeTests } from "./exchange-case.ts";

const DENIED = "CLIENT_ERROR access denied\r\n";
const value = (key: string, data: string): string => `VALUE ${key} 0 ${data.length}\r\n${data}\r\n`;
const FLEET = [
  { command: "writeGroup", keyPrefix: "alliance/fleet/" },
  { command: "get", keyPrefix: "alliance/fleet/" },
];

describe("memcache, text: requests and replies", () => {
  exchangeTests([
    {
      name: "a hit",
      steps: [
        ["client", "get a\r\n"],
        ["server", `${value("a", "1")}END\r\n`],
      ],
      toServer: "get a\r\n",
      toClient: `${value("a", "1")}END\r\n`,
      log: ["Request get a"],
    },
    {
      name: "a miss is complete with END alone",
      l7: [{ command: "get" }],
      steps: [
        ["client", "get a\r\n"],
        ["server", "END\r\n"],
        ["client", "set a 0 0 1\r\nx\r\n"],
      ],
      toClient: `END\r\n${DENIED}`,
    },
    {
      name: "a value that contains END is no end",
      l7: [{ command: "get" }],
      steps: [
        ["client", "get a\r\nset a 0 0 1\r\nx\r\n"],
        ["server", `${value("a", "1\r\nEND\r\n2")}END\r\n`],
      ],
      toClient: `${value("a", "1\r\nEND\r\n2")}END\r\n${DENIED}`,
    },
    {
      name: "several keys with one foreign key are denied",
      l7: FLEET,
      steps: [["client", "get alliance/fleet/a empire/b\r\n"]],
      toServer: "",
      toClient: DENIED,
      log: ["Denied get alliance/fleet/a, empire/b"],
    },
    {
      name: "keys of one request are not split over two rules",
      l7: [
        { command: "get", keyPrefix: "a" },
        { command: "get", keyPrefix: "b" },
      ],
      steps: [["client", "get a1 b1\r\nget a1\r\nget b1\r\n"]],
      toServer: "get a1\r\nget b1\r\n",
    },
    {
      name: "gets, gat and gats answer like get",
      l7: [{ command: "get" }, { command: "gat" }],
      steps: [
        ["client", "gets a\r\ngat 0 a b\r\ngats -1 a\r\ndelete a\r\n"],
        ["server", "VALUE a 0 1 7\r\nx\r\nEND\r\n"],
        ["server", `${value("a", "x")}${value("b", "END\r\n")}END\r\n`],
        ["server", "END\r\n"],
      ],
      toClient: `VALUE a 0 1 7\r\nx\r\nEND\r\n${value("a", "x")}${value("b", "END\r\n")}END\r\nEND\r\n${DENIED}`,
      log: ["Request get a", "Request gat a, b", "Request gat a", "Denied delete a"],
    },
    {
      name: "writes below a prefix",
      l7: FLEET,
      steps: [
        [
          "client",
          "set alliance/fleet/x 0 0 3\r\nabc\r\nset empire/x 0 0 3\r\nabc\r\nincr alliance/fleet/x 1\r\ndelete alliance/fleet/x 0\r\n",
        ],
        ["server", "STORED\r\nCLIENT_ERROR cannot increment or decrement non-numeric value\r\nDELETED\r\n"],
      ],
      toServer: "set alliance/fleet/x 0 0 3\r\nabc\r\nincr alliance/fleet/x 1\r\ndelete alliance/fleet/x 0\r\n",
      toClient: `STORED\r\n${DENIED}CLIENT_ERROR cannot increment or decrement non-numeric value\r\nDELETED\r\n`,
    },
    {
      name: "the answers of denied requests keep their places",
      l7: [{ command: "get" }],
      steps: [
        ["client", "delete a\r\nget a\r\ndelete b\r\ndelete c\r\nget b\r\ndelete d\r\n"],
        ["server", `${value("a", "1")}END\r\n`],
        ["server", "END\r\n"],
      ],
      toServer: "get a\r\nget b\r\n",
      toClient: `${DENIED}${value("a", "1")}END\r\n${DENIED}${DENIED}END\r\n${DENIED}`,
    },
    {
      name: "denied noreply is silent",
      l7: [{ command: "get" }],
      steps: [
        [
          "client",
          "set a 0 0 1 noreply\r\nx\r\ncas a 0 0 1 7 noreply\r\nx\r\ndelete a noreply\r\ndelete a 0 noreply\r\nincr a 1 noreply\r\ntouch a 0 noreply\r\nflush_all noreply\r\nflush_all 0 noreply\r\nverbosity 1 noreply\r\nget a\r\n",
        ],
        ["server", "END\r\n"],
      ],
      toServer: "get a\r\n",
      toClient: "END\r\n",
    },
    {
      name: "allowed noreply expects no reply",
      l7: [{ command: "writeGroup" }],
      steps: [
        ["client", "set a 0 0 1 noreply\r\nx\r\ndelete a 0 noreply\r\ndelete noreply\r\nget a\r\n"],
        ["server", "NOT_FOUND\r\n"],
      ],
      toClient: `NOT_FOUND\r\n${DENIED}`,
    },
    {
      name: "delete with a hold time of 0 is answered",
      l7: [{ command: "delete" }],
      steps: [
        ["client", "delete k 0\r\nget k\r\n"],
        ["server", "NOT_FOUND\r\n"],
      ],
      toClient: `NOT_FOUND\r\n${DENIED}`,
    },
    {
      name: "a body that looks like commands stays a body",
      l7: [{ command: "set" }],
      steps: [
        ["client", "set a 0 0 11\r\ndelete b\r\nx\r\nadd a 0 0 12\r\nset b 0 0 1\r\r\n"],
        ["server", "STORED\r\n"],
      ],
      toServer: "set a 0 0 11\r\ndelete b\r\nx\r\n",
      toClient: `STORED\r\n${DENIED}`,
    },
    {
      name: "runs of spaces count as one, as in memcached",
      steps: [["client", "get  a   b \r\nset a 0  0 1 \r\nx\r\n"]],
      log: ["Request get a, b", "Request set a"],
    },
    {
      name: "an error line in place of values",
      l7: [{ command: "get" }],
      steps: [
        ["client", "get a\r\ndelete a\r\n"],
        ["server", "SERVER_ERROR out of memory writing get response\r\n"],
      ],
      toClient: `SERVER_ERROR out of memory writing get response\r\n${DENIED}`,
    },
    {
      name: "a policy for keys allows no request without keys",
      l7: [
        { command: "get", keyRegex: "" },
        { command: "storage", keyPrefix: "a" },
      ],
      steps: [["client", "flush_all\r\nstats\r\nversion\r\nstats cachedump 1 1\r\nlru_crawler metadump all\r\n"]],
      toServer: "",
      toClient: DENIED.repeat(5),
    },
  ]);
});

describe("memcache, text: administration", () => {
  exchangeTests([
    {
      name: "statistics end with END, RESET, OK or an error",
      l7: [{ command: "stats" }],
      steps: [
        ["client", "stats\r\nstats reset\r\nstats detail on\r\nstats detail dump\r\nstats items\r\nget a\r\n"],
        ["server", "STAT pid 1\r\nSTAT END 2\r\nEND\r\n"],
        ["server", "RESET\r\nOK\r\nPREFIX a get 1\r\nEND\r\nEND\r\n"],
      ],
      toClient: `STAT pid 1\r\nSTAT END 2\r\nEND\r\nRESET\r\nOK\r\nPREFIX a get 1\r\nEND\r\nEND\r\n${DENIED}`,
    },
    {
      name: "a statistics group whose reply has no END: the denial behind it comes behind a fence",
      l7: [{ command: "stats" }],
      steps: [
        ["client", "stats sizes_enable\r\nget a\r\n"],
        ["server", "STAT sizes_status enabled\r\n"],
        ["server", "MN\r\n"],
      ],
      toServer: "stats sizes_enable\r\nmn\r\n",
      toClient: `STAT sizes_status enabled\r\n${DENIED}`,
    },
    {
      name: "requests behind a dump wait for its end",
      steps: [
        ["client", "lru_crawler metadump all\r\nget a\r\n"],
        ["server", "key=a exp=-1 la=1 cas=1 fetch=no cls=1 size=62\nkey=END exp=-1\nEND\r\n"],
        ["server", "END\r\n"],
      ],
      toServer: "lru_crawler metadump all\r\nget a\r\n",
      log: ["Request lru_crawler", "Request get a"],
    },
    {
      name: "a dump waits for what is outstanding; meanwhile nothing behind it passes",
      steps: [["client", "get a\r\nlru_crawler metadump all\r\nget b\r\n"]],
      toServer: "get a\r\n",
    },
    {
      name: "a dump that is refused is one line",
      l7: [{ command: "lru_crawler" }],
      steps: [
        ["client", "lru_crawler metadump all\r\n"],
        ["server", "BUSY currently processing crawler request\r\n"],
        ["client", "lru_crawler crawl all\r\nget a\r\n"],
        ["server", "OK\r\n"],
      ],
      toClient: `BUSY currently processing crawler request\r\nOK\r\n${DENIED}`,
    },
    {
      name: "watch turns the connection into a stream of lines",
      steps: [
        ["client", "watch fetchers\r\n"],
        ["server", "OK\r\nts=1.0 gid=1 type=item_get key=a status=found\n"],
        ["server", "VALUE a 0 100\r\n"],
      ],
      toClient: "OK\r\nts=1.0 gid=1 type=item_get key=a status=found\nVALUE a 0 100\r\n",
    },
    {
      name: "bytes behind watch",
      steps: [
        ["client", "watch fetchers\r\n"],
        ["server", "OK\r\n"],
        ["client", "get a\r\n"],
      ],
      toServer: "watch fetchers\r\n",
      closed: /behind watch/,
    },
    {
      name: "a watch that is refused leaves the connection as it is",
      steps: [
        ["client", "watch fetchers\r\nget a\r\n"],
        ["server", "CLIENT_ERROR watch commands not allowed\r\n"],
        ["server", "END\r\n"],
      ],
      toServer: "watch fetchers\r\nget a\r\n",
      toClient: "CLIENT_ERROR watch commands not allowed\r\nEND\r\n",
    },
    {
      name: "a denied quit is answered and the connection stays",
      l7: [{ command: "get" }],
      steps: [
        ["client", "quit\r\nget a\r\n"],
        ["server", "END\r\n"],
      ],
      toServer: "get a\r\n",
      toClient: `${DENIED}END\r\n`,
    },
    {
      name: "an allowed quit passes",
      steps: [["client", "quit\r\n"]],
      toServer: "quit\r\n",
      toClient: "",
    },
    {
      name: "administration is one line each",
      steps: [
        [
          "client",
          "verbosity 1\r\ncache_memlimit 64\r\nslabs automove 0\r\nlru mode flat\r\nversion\r\nflush_all -1\r\nmisbehave\r\nshutdown x\r\n",
        ],
        ["server", "OK\r\nOK\r\nOK\r\nOK\r\nVERSION 1.6.18\r\nOK\r\nERROR\r\nCLIENT_ERROR invalid shutdown mode\r\n"],
      ],
      toClient: "OK\r\nOK\r\nOK\r\nOK\r\nVERSION 1.6.18\r\nOK\r\nERROR\r\nCLIENT_ERROR invalid shutdown mode\r\n",
    },
  ]);
});

describe("memcache, text: the server out of turn", () => {
  exchangeTests([
    {
      name: "it refuses the connection with an error line",
      steps: [["server", "ERROR Too many open connections\r\n"]],
      toClient: "ERROR Too many open connections\r\n",
    },
    {
      name: "it refuses the connection while a request is under way",
      steps: [
        ["client", "get a\r\n"],
        ["server", "ERROR Too many open connections\r\n"],
      ],
      toClient: "ERROR Too many open connections\r\n",
    },
    { name: "it speaks first", steps: [["server", "STORED\r\n"]], toClient: "", closed: /before the first request/ },
    {
      name: "it gives two replies to one request",
      steps: [
        ["client", "set a 0 0 1\r\nx\r\n"],
        ["server", "STORED\r\nSTORED\r\n"],
      ],
      toClient: "STORED\r\n",
      closed: /fits no request/,
    },
    {
      name: "it gives a value where a line is due",
      steps: [
        ["client", "set a 0 0 1\r\nx\r\n"],
        ["server", value("a", "STORED")],
      ],
      toClient: "",
      closed: /fits no request/,
    },
    {
      name: "it announces a length that is no number",
      steps: [
        ["client", "get a\r\n"],
        ["server", "VALUE a 0 -5\r\nx\r\n"],
      ],
      toClient: "",
      closed: /fits no request/,
    },
  ]);
});

const refused = (name: string, bytes: string, closed: RegExp): ExchangeCase => ({
  name,
  fresh: true,
  steps: [["client", bytes]],
  toServer: "",
  toClient: "CLIENT_ERROR bad command line format\r\n",
  closed,
});

describe("memcache, text: what is refused", () => {
  exchangeTests([
    refused("an empty line", "\r\n", /an empty line/),
    refused("spaces alone", "  \r\n", /begins with a space/),
    refused("a leading space", " get a\r\n", /begins with a space/),
    refused("a bare LF", "get a\nget b\r\n", /LF without CR/),
    refused("a bare CR", "get a\rget b\r\n", /0x0d/),
    refused("a NUL", "get a\0 b\r\n", /0x00/),
    refused("a tab", "get\ta\r\n", /0x09/),
    refused("DEL", "get a\x7f\r\n", /0x7f/),
    refused("upper case", "GET a\r\n", /unknown command/),
    refused("a longer verb", "getfoo a\r\n", /unknown command/),
    refused("commands that are not in the grammar", "bget a\r\n", /unknown command/),
    refused("HTTP", "GET / HTTP/1.1\r\n\r\n", /unknown command/),
    refused("get without a key", "get\r\n", /get: the words/),
    refused("gat without a key", "gat 0\r\n", /gat: the words/),
    refused("gat alone", "gat\r\n", /gat: the words/),
    refused("set with too few words", "set a\r\n", /set: the words/),
    refused("set with a word that is not noreply", "set a 0 0 1 quiet\r\nx\r\n", /set: the words/),
    refused("set with too many words", "set a 0 0 1 1 noreply\r\nx\r\n", /set: the words/),
    refused("a negative length", "set a 0 0 -30\r\nx\r\n", /no plain number/),
    refused("a length with a sign", "set a 0 0 +1\r\nx\r\n", /no plain number/),
    refused("a length with leading zeros", "set a 0 0 01\r\nx\r\n", /no plain number/),
    refused("a length that wraps in 32 bits", "set k 0 0 4294967308\r\n", /no plain number/),
    refused("a length that wraps in 64 bits", "set k 0 0 18446744073709551617\r\n", /no plain number/),
    refused("a length above the limit", "set k 0 0 1073741825\r\n", /no plain number/),
    refused("a length in hex", "set k 0 0 0x1\r\n", /no plain number/),
    refused("flags that are no number", "set k x 0 1\r\nx\r\n", /not a plain decimal/),
    refused("flags of more than 32 bits", "set k 4294967296 0 1\r\nx\r\n", /not a plain decimal/),
    refused("an expiry of more than 31 bits", "set k 0 2147483648 1\r\nx\r\n", /not a plain decimal/),
    refused("an expiry below 32 bits", "set k 0 -2147483649 1\r\nx\r\n", /not a plain decimal/),
    refused("a cas of more than 64 bits", "cas k 0 0 1 18446744073709551616\r\nx\r\n", /not a plain decimal/),
    refused("a delta that is no number", "incr k x\r\n", /not a plain decimal/),
    refused("incr with a further word", "incr k 1 x\r\n", /incr: the words/),
    refused("delete with another hold time", "delete k 1\r\n", /delete: the words/),
    refused("a key of 251 bytes", `get ${"k".repeat(251)}\r\n`, /longer than 250/),
    refused("a key of 251 bytes among others", `get a ${"k".repeat(251)} b\r\n`, /longer than 250/),
    refused("set of a key of 251 bytes", `set ${"k".repeat(251)} 0 0 1\r\nx\r\n`, /longer than 250/),
    refused("version with a word", "version noreply\r\n", /version: the words/),
    refused("quit with a word", "quit now\r\n", /quit: the words/),
    refused("slabs with noreply", "slabs automove 0 noreply\r\n", /slabs: the words/),
    refused("a line without end", "x".repeat(2_048), /longer than 2048/),
    refused("a long line of another command", `gat 0 ${"k ".repeat(1_100)}\r\n`, /longer than 2048/),
    refused("a long line of get without end", `get ${"k ".repeat(131_072)}`, /longer than 262144/),
    refused("0x81", "\x81\x00", /first byte/),
    refused("0xff", "\xff\r\n", /first byte/),
    {
      name: "a data block that is longer than announced is never complete at the server",
      steps: [["client", "set a 0 0 1\r\nxyzw\r\ndelete b\r\n"]],
      toServer: "set a 0 0 1\r\nx",
      closed: /does not end where its length says/,
    },
    {
      name: "the data block of a denied request, too",
      l7: [],
      steps: [["client", "set a 0 0 1\r\nxyzw\r\ndelete b\r\n"]],
      toServer: "",
      toClient: `${DENIED}CLIENT_ERROR bad command line format\r\n`,
      closed: /does not end where its length says/,
    },
    {
      name: "bytes behind quit",
      steps: [["client", "quit\r\nget a\r\n"]],
      toServer: "quit\r\n",
      closed: /behind quit/,
    },
    {
      name: "with replies outstanding, the connection is closed without an answer",
      steps: [["client", "get a\r\nfoo\r\n"]],
      toServer: "get a\r\n",
      toClient: "",
      closed: /unknown command/,
    },
  ]);
});
