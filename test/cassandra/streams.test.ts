// Streams: each is either free or in flight (native_protocol_v4.spec, section 2.3).
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { STREAMS_MAX } from "../../src/parsers/cassandra/frame.ts";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import { type ExchangeCase, exchangeTests, startedConnection, unauthorized } from "./exchange-case.ts";

const READ = [{ query_action: "select", query_table: "^ks[.]t$" }];
const select = (stream: number): string => requests.query("SELECT a FROM ks.t", { stream });
const insert = (stream: number): string => requests.query("INSERT INTO ks.t (a) VALUES (1)", { stream });
const done = (stream: number): string => responses.resultVoid({ stream });
const unprepared = (stream: number): string =>
  responses.error(0x2500, "No statement is known under this id: prepare it again", { stream }, "\0\x02id");

/** On a stream of its own, and with its answer. */
const REQUESTS: Readonly<Record<string, readonly [string, string]>> = {
  QUERY: [select(9), done(9)],
  PREPARE: [requests.prepare("SELECT a FROM ks.t", { stream: 9 }), responses.resultPrepared("p", { stream: 9 })],
  BATCH: [requests.batch([{ text: "DELETE FROM ks.t WHERE a = 1" }], { stream: 9 }), done(9)],
  OPTIONS: [requests.askOptions({ stream: 9 }), responses.supported({}, { stream: 9 })],
  REGISTER: [requests.register(["STATUS_CHANGE"], { stream: 9 }), responses.ready({ stream: 9 })],
};

function inFlight(name: string, stream: number, before: string, again: string): ExchangeCase {
  return {
    name,
    steps: [["client", before + again]],
    toServer: before,
    toClient: "",
    violation: { stream, message: new RegExp(`stream ${stream} is in flight`) },
  };
}

describe("cassandra: streams in flight", () => {
  exchangeTests([
    {
      name: "answers in another order than requests",
      steps: [
        ["client", select(0) + select(32_767) + select(300) + insert(1)],
        ["server", done(300) + done(0) + done(1) + done(32_767)],
      ],
      log: [...new Array(3).fill("Request select ks.t"), "Request insert ks.t"],
    },
    ...Object.entries(REQUESTS).flatMap(([name, [request, answer]]): readonly ExchangeCase[] => [
      {
        name: `${name}: its stream is free behind its answer`,
        steps: [
          ["client", request],
          ["server", answer],
          ["client", select(9)],
          ["server", done(9)],
          ["client", request],
          ["server", responses.error(0x1001, "busy", { stream: 9 })],
          ["client", request],
          ["server", answer],
        ],
      },
      inFlight(`${name} while its stream is in flight`, 9, select(9), request),
      inFlight(`its stream again while ${name} is in flight`, 9, request, select(9)),
    ]),
    inFlight("the highest stream twice", 32_767, select(0) + select(32_767), select(32_767)),
    inFlight(
      "a request that would be denied, on a stream in flight",
      3,
      select(3),
      requests.query("bogus", { stream: 3 }),
    ),
    {
      name: "a stream is free behind a denial, an unknown id, and what is not understood",
      l7: READ,
      steps: [
        [
          "client",
          insert(4) + requests.execute("id", { stream: 4 }) + requests.query("bogus", { stream: 4 }) + select(4),
        ],
        ["server", done(4)],
        ["client", insert(4)],
      ],
      toServer: select(4),
      toClient: unauthorized(4) + unprepared(4) + unauthorized(4) + done(4) + unauthorized(4),
    },
    {
      name: "a denial does not free the stream of another request",
      l7: READ,
      steps: [["client", select(4) + insert(5) + select(4)]],
      toServer: select(4),
      toClient: unauthorized(5),
      violation: { stream: 4, message: /in flight/ },
    },
    ...[-1, -2, -32_768].map(
      (stream): ExchangeCase => ({
        name: `a request on stream ${stream}`,
        steps: [["client", select(stream)]],
        toServer: "",
        violation: { stream, message: /streams below 0 are the server's/ },
      }),
    ),
    {
      name: "a denied request is not in flight: nobody may answer it",
      l7: READ,
      steps: [
        ["client", select(1) + insert(2)],
        ["server", done(2)],
      ],
      toServer: select(1),
      toClient: unauthorized(2),
      closed: /stream 2, which is not in flight/,
    },
    {
      name: "events between answers, on their own stream, as many as come",
      steps: [
        ["client", requests.register(["SCHEMA_CHANGE"]) + select(1)],
        ["server", responses.ready() + responses.schemaEvent("CREATED", "TABLE", ["ks", "t"]).repeat(3) + done(1)],
        ["server", responses.schemaEvent("DROPPED", "KEYSPACE", ["ks"], { warnings: ["w"] })],
      ],
    },
  ]);

  it("all 32,768 streams at once, again and again", () => {
    const connection = startedConnection({ l7: READ });
    for (let round = 0; round < 3; round++) {
      let sent = 0;
      for (let stream = 0; stream < STREAMS_MAX; stream++) {
        connection.fromClient(select(stream));
        sent += select(stream).length;
      }
      assert.equal(connection.takeToServer().length, sent);
      for (let stream = STREAMS_MAX - 1; stream >= 0; stream--) connection.fromServer(done(stream));
      assert.equal(connection.takeToClient().length, STREAMS_MAX * done(0).length);
      assert.equal(connection.closeReason, undefined);
    }
    assert.equal(connection.count("Request"), 3 * STREAMS_MAX);
  });

  it("when all are in flight, no request is left but a mistake", () => {
    const connection = startedConnection();
    for (let stream = 0; stream < STREAMS_MAX; stream++) connection.fromClient(select(stream));
    connection.fromServer(done(12_345));
    connection.takeToServer();
    connection.fromClient(select(12_345));
    assert.equal(connection.takeToServer(), select(12_345));
    connection.fromClient(select(12_346));
    assert.match(connection.closeReason?.message ?? "still open", /stream 12346 is in flight/);
  });
});
