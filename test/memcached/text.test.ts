import { describe } from "node:test";
import { exchangeTests } from "./exchange-case.ts";

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
