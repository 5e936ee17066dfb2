// Prepared statements: ids are learnt from the server's answers, and judged whenever somebody executes them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cuts } from "../../src/proxylib/testing/index.ts";
import { int, Opcode, response, short, string } from "./cql-frame.ts";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import { type ExchangeCase, exchangeTests, logOf, startedConnection, unauthorized } from "./exchange-case.ts";
import { execute, ID, INSERT, learn, outcome, READ, SELECT, UNPREPARED, unprepared, WRITE } from "./prepared-talk.ts";

const DENIED_UNKNOWN = "Denied prepared=execute error=0x2500 Unprepared status=nobody has prepared the statement here";

describe("cassandra: what ids stand for", () => {
  exchangeTests([
    {
      name: "each for the statement that was prepared, answers in any order",
      l7: READ,
      steps: [
        ["client", requests.prepare(SELECT, { stream: 1 }) + requests.prepare("SELECT b FROM ks.t", { stream: 2 })],
        ["server", responses.resultPrepared("two", { stream: 2 }) + responses.resultPrepared(ID, { stream: 1 })],
        ["client", execute("two", 3) + execute(ID, 4, { values: ["v", null, undefined], names: ["a", "b", "c"] })],
      ],
      log: [
        "Request select ks.t prepared=prepare",
        "Request select ks.t prepared=prepare",
        "Request select ks.t prepared=execute",
        "Request select ks.t prepared=execute",
      ],
    },
    {
      name: "the last one that the server gave it to",
      l7: [...READ, ...WRITE],
      steps: [
        ["client", requests.prepare(SELECT)],
        ["server", responses.resultPrepared(ID)],
        ["client", requests.prepare(INSERT)],
        ["server", responses.resultPrepared(ID)],
        ["client", execute(ID)],
      ],
      log: [
        "Request select ks.t prepared=prepare",
        "Request insert ks.t prepared=prepare",
        "Request insert ks.t prepared=execute",
      ],
    },
    {
      name: "conditional: both of its actions",
      l7: WRITE,
      steps: [
        ["client", requests.prepare(`${INSERT} IF NOT EXISTS`)],
        ["client", requests.prepare(INSERT)],
        ["server", responses.resultPrepared(ID)],
        ["client", execute(ID)],
      ],
      toServer: requests.prepare(INSERT) + execute(ID),
      toClient: unauthorized() + responses.resultPrepared(ID),
      log: [
        "Denied insert, select ks.t prepared=prepare",
        "Request insert ks.t prepared=prepare",
        "Request insert ks.t prepared=execute",
      ],
    },
    {
      name: "a batch: all of its statements, each on record",
      l7: [...READ, ...WRITE, { query_action: "delete" }],
      steps: [
        [
          "client",
          requests.prepare("BEGIN BATCH INSERT INTO ks.t (a) VALUES (?); DELETE FROM k.u WHERE a = ?; APPLY BATCH"),
        ],
        ["server", responses.resultPrepared(ID)],
        ["client", execute(ID)],
      ],
      log: [
        "Request insert ks.t prepared=prepare batch=true",
        "Request delete k.u prepared=prepare batch=true",
        "Request insert ks.t prepared=execute batch=true",
        "Request delete k.u prepared=execute batch=true",
      ],
    },
    {
      name: "an EXECUTE of a batch has one record for all statements that need the same, and is judged by all",
      l7: [...WRITE, { query_action: "delete" }],
      steps: [
        ["client", requests.prepare(`BEGIN BATCH ${`${INSERT}; DELETE FROM k.u WHERE a = ?; `.repeat(3)} APPLY BATCH`)],
        ["server", responses.resultPrepared(ID)],
        ["client", execute(ID)],
      ],
      log: [
        ...new Array(3)
          .fill(["Request insert ks.t prepared=prepare batch=true", "Request delete k.u prepared=prepare batch=true"])
          .flat(),
        "Request insert ks.t statements=3 prepared=execute batch=true",
        "Request delete k.u statements=3 prepared=execute batch=true",
      ],
    },
    {
      name: "an empty id, and one of 512 bytes, the longest that is kept",
      steps: [
        ["client", requests.prepare(SELECT, { stream: 1 }) + requests.prepare(SELECT, { stream: 2 })],
        [
          "server",
          responses.resultPrepared("", { stream: 1 }) + responses.resultPrepared("x".repeat(512), { stream: 2 }),
        ],
        ["client", execute("") + execute("x".repeat(512), 3)],
      ],
    },
    ...[3, 4].map(
      (version): ExchangeCase => ({
        name: `nobody has prepared it: what makes drivers prepare, version ${version}`,
        version,
        steps: [["client", execute(ID, 9, { version }) + execute("", 10, { version, values: ["v"] })]],
        toServer: "",
        toClient: unprepared(ID, 9, version) + unprepared("", 10, version),
        log: [DENIED_UNKNOWN, DENIED_UNKNOWN],
      }),
    ),
    {
      name: "a part of an id, and an id with more, are others",
      steps: [
        ["client", requests.prepare(SELECT)],
        ["server", responses.resultPrepared("1234")],
        ["client", execute("123") + execute("12345") + execute("1234")],
      ],
      toServer: requests.prepare(SELECT) + execute("1234"),
      toClient: responses.resultPrepared("1234") + unprepared("123") + unprepared("12345"),
    },
    {
      name: "a PREPARE that policy denies teaches nothing",
      l7: READ,
      steps: [["client", requests.prepare(INSERT) + execute(ID)]],
      toServer: "",
      toClient: unauthorized() + unprepared(ID),
      log: ["Denied insert ks.t prepared=prepare", DENIED_UNKNOWN],
    },
    {
      name: "nor does one that is not understood",
      steps: [["client", requests.prepare("BOGUS") + execute(ID)]],
      toServer: "",
      toClient: unauthorized() + unprepared(ID),
    },
    {
      // Servers look for the name when they execute it, in the keyspace that is in force then.
      name: "nor does a DESCRIBE whose keyspace is not named",
      steps: [
        [
          "client",
          ["TABLE t", "KEYSPACE", "t", "INDEX i"].map((what) => requests.prepare(`DESCRIBE ${what}`)).join(""),
        ],
        ["client", requests.prepare("DESCRIBE TABLE ks.t")],
        ["server", responses.resultPrepared(ID)],
        ["client", execute(ID)],
      ],
      toServer: requests.prepare("DESCRIBE TABLE ks.t") + execute(ID),
      toClient: unauthorized().repeat(4) + responses.resultPrepared(ID),
      log: [
        ...new Array<string>(4).fill(
          "Denied prepared=prepare status=not understood: a prepared DESCRIBE that does not name its keyspace",
        ),
        "Request describe ks.t prepared=prepare",
        "Request describe ks.t prepared=execute",
      ],
    },
    {
      name: "nor does one that the server refuses, whose stream is used for something else then",
      steps: [
        ["client", requests.prepare(SELECT)],
        ["server", responses.error(0x2200, "no such table")],
        ["client", requests.query("SELECT a FROM ks.t")],
        // No server does that.
        ["server", responses.resultPrepared(ID)],
        ["client", execute(ID)],
      ],
      toServer: requests.prepare(SELECT) + requests.query("SELECT a FROM ks.t"),
      toClient: responses.error(0x2200, "no such table") + responses.resultPrepared(ID) + unprepared(ID),
    },
    {
      name: "an answer to PREPARE of another kind teaches nothing",
      steps: [
        ["client", requests.prepare(SELECT)],
        ["server", responses.resultVoid()],
        ["client", execute(ID)],
      ],
      toServer: requests.prepare(SELECT),
      toClient: responses.resultVoid() + unprepared(ID),
    },
    ...[
      ["is cut off", short(9) + ID.slice(0, 4)],
      ["has no length", ""],
      ["has half a length", "\0"],
    ].map(
      ([name, rest = ""]): ExchangeCase => ({
        name: `an id that ${name}`,
        steps: [
          ["client", requests.prepare(SELECT)],
          ["server", response(Opcode.Result, int(4) + rest)],
        ],
        toClient: "",
        closed: /at odds with its length/,
      }),
    ),
  ]);

  it("is known before the client can know it", () => {
    const answer = responses.resultPrepared(ID, { tracingId: "\0".repeat(16), warnings: ["w".repeat(500)] });
    for (const cut of cuts(answer)) {
      const connection = startedConnection();
      connection.fromClient(requests.prepare(SELECT));
      connection.takeToServer();
      let known = "";
      for (const piece of cut.pieces) {
        connection.fromServer(piece);
        known += connection.takeToClient();
        if (known.length < answer.indexOf(ID) + ID.length) continue;
        // All of the id has reached the client.
        connection.fromClient(execute(ID, 7));
        assert.equal(connection.takeToServer(), execute(ID, 7), cut.name);
        break;
      }
      assert.notEqual(known, "", cut.name);
    }
  });
});

describe("cassandra: Unprepared", () => {
  it("byte for byte", () => {
    const connection = startedConnection();
    connection.fromClient(execute("\x01\x02", 0x0102));
    const body = `\0\0\x25\0${string(UNPREPARED)}\0\x02\x01\x02`;
    assert.equal(connection.takeToClient(), `\x84\0\x01\x02\0${int(body.length)}${body}`);
  });

  it("from the server passes, so that the client prepares again", () => {
    const connection = startedConnection();
    learn(connection, SELECT, ID);
    connection.fromClient(execute(ID));
    connection.fromServer(responses.error(0x2500, "gone", {}, string(ID)));
    assert.equal(connection.takeToClient(), responses.error(0x2500, "gone", {}, string(ID)));
    assert.equal(logOf(connection.records).at(-1), "Response select ks.t prepared=execute error=0x2500 Unprepared");
    connection.takeToServer();
    learn(connection, SELECT, ID);
    assert.equal(outcome(connection, ID), "passes");
  });
});
