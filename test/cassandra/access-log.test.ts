// Denials, and what stands on record of requests and of what the server refuses.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { cassandra } from "../../src/parsers/cassandra/parser.ts";
import { ScriptedConnection, type ScriptedRecord } from "../../src/proxylib/testing/index.ts";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import { exchangeTests, logOf, startedConnection, unauthorized } from "./exchange-case.ts";

const READ = { query_action: "select", query_table: "^ks[.]t$" };
const WRITE = { query_action: "insert", query_table: "^ks[.]t$" };
const SELECT = "SELECT a FROM ks.t";
const INSERT = "INSERT INTO ks.t (a) VALUES (?)";

describe("cassandra: denials", () => {
  for (const [version, first] of [
    [3, "83"],
    [4, "84"],
  ] as const) {
    it(`version ${version}: byte for byte, on the stream of the request`, () => {
      const connection = startedConnection({ version, l7: [] });
      connection.fromClient(requests.query(SELECT, { version, stream: 0x1234 }));
      assert.equal(
        Buffer.from(connection.takeToClient(), "latin1").toString("hex"),
        `${first}001234000000001a0000210000145265717565737420556e617574686f72697a6564`,
      );
    });
  }

  exchangeTests([
    {
      name: "between two requests that pass, and the connection lives on",
      l7: [READ],
      steps: [
        ["client", requests.query(SELECT, { stream: 1 })],
        ["client", requests.query(INSERT, { stream: 2, values: ["v"] }) + requests.query(SELECT, { stream: 3 })],
        ["server", responses.resultVoid({ stream: 3 }) + responses.resultVoid({ stream: 1 })],
      ],
      toServer: requests.query(SELECT, { stream: 1 }) + requests.query(SELECT, { stream: 3 }),
      toClient: unauthorized(2) + responses.resultVoid({ stream: 3 }) + responses.resultVoid({ stream: 1 }),
    },
    {
      name: "behind the answer that is under way, never within",
      l7: [READ],
      steps: [
        ["client", requests.query(SELECT, { stream: 1 })],
        ["server", responses.resultRows(rowsOf("x".repeat(300)), { stream: 1 }).slice(0, 200)],
        ["client", requests.query(INSERT, { stream: 2 })],
        ["server", responses.resultRows(rowsOf("x".repeat(300)), { stream: 1 }).slice(200)],
      ],
      toServer: requests.query(SELECT, { stream: 1 }),
      toClient: responses.resultRows(rowsOf("x".repeat(300)), { stream: 1 }) + unauthorized(2),
    },
    {
      name: "of every kind of request with a statement",
      l7: [],
      steps: [
        ["client", requests.query(SELECT, { stream: 1 }) + requests.prepare(SELECT, { stream: 2 })],
        ["client", requests.batch([{ text: INSERT }], { stream: 3 }) + requests.query("LIST ROLES", { stream: 4 })],
        ["client", requests.query("USE ks", { stream: 5 })],
      ],
      toServer: "",
      toClient: [1, 2, 3, 4, 5].map((stream) => unauthorized(stream)).join(""),
      log: [
        "Denied select ks.t",
        "Denied select ks.t prepared=prepare",
        "Denied insert ks.t batch=true",
        "Denied list-roles",
        "Denied use ks",
      ],
    },
  ]);
});

function rowsOf(value: string): Parameters<typeof responses.resultRows>[0] {
  return { keyspace: "ks", table: "t", columns: ["a"], rows: [[value]] };
}

/** What a record says of its decision. */
const decisionOf = ({ type, verdict, rule }: ScriptedRecord): readonly unknown[] => [type, verdict, rule];

describe("cassandra: records", () => {
  it("name the rule that allows; a rule that is missing has no name", () => {
    const connection = startedConnection({ l7: [WRITE, READ] });
    connection.fromClient(requests.query(SELECT, { stream: 1 }) + requests.query(INSERT, { stream: 2 }));
    connection.fromClient(requests.query("TRUNCATE ks.t", { stream: 3 }));
    assert.deepEqual(connection.records.map(decisionOf), [
      ["Request", "Forwarded", "l7[1]"],
      ["Request", "Forwarded", "l7[0]"],
      ["Denied", "Denied", undefined],
    ]);
  });

  it("of a statement with two actions: the rule of the first, or what refuses one of them", () => {
    for (const [mode, l7, ...expected] of [
      ["enforce", [READ, WRITE], "Request", "Forwarded", "l7[1]"],
      ["enforce", [WRITE], "Denied", "Denied", undefined],
      ["enforce", [READ], "Denied", "Denied", undefined],
      ["audit", [WRITE], "Request", "Audit", "l7"],
      ["audit", [READ], "Request", "Audit", "l7"],
      ["audit", [READ, WRITE], "Request", "Forwarded", "l7[1]"],
    ] as const) {
      const connection = startedConnection({ l7, mode });
      connection.fromClient(requests.query(`${INSERT} IF NOT EXISTS`));
      assert.deepEqual(logOf(connection.records).length, 1);
      assert.deepEqual(connection.records.map(decisionOf), [expected]);
      assert.equal(connection.records[0]?.fields["query_action"], "insert, select");
    }
  });

  it("of a batch: each with its own rule and verdict", () => {
    const connection = startedConnection({ l7: [WRITE, { query_action: "delete", query_table: "^ks[.]u$" }] });
    const texts = ["DELETE FROM ks.u WHERE a = 1", INSERT, "UPDATE ks.t SET a = 1 WHERE b = 1"];
    connection.fromClient(requests.batch(texts.map((text) => ({ text }))));
    assert.deepEqual(connection.records.map(decisionOf), [
      ["Request", "Forwarded", "l7[1]"],
      ["Request", "Forwarded", "l7[0]"],
      ["Denied", "Denied", undefined],
    ]);
  });

  it("of what the server refuses, where several things were needed: the rule of the one that the record names", () => {
    const [create, insert] = [{ query_action: "create-materialized-view" }, WRITE];
    const connection = startedConnection({ l7: [create, insert, READ] });
    const view = "CREATE MATERIALIZED VIEW ks.v AS SELECT a FROM ks.t WHERE a IS NOT NULL PRIMARY KEY (a)";
    connection.fromClient(requests.query(view, { stream: 1 }));
    connection.fromServer(responses.error(0x2200, "no such table", { stream: 1 }));
    connection.setPolicy([create], "audit");
    connection.fromClient(requests.query(view, { stream: 2 }));
    connection.fromServer(responses.error(0x2200, "no such table", { stream: 2 }));
    connection.setPolicy([insert], "audit");
    connection.fromClient(requests.batch([{ text: INSERT }, { text: SELECT }, { text: INSERT }], { stream: 3 }));
    connection.fromServer(responses.error(0x2200, "no such table", { stream: 3 }));
    const refusals = connection.records.filter(({ type }) => type === "Response");
    assert.deepEqual(refusals.map(decisionOf), [
      ["Response", "Forwarded", "l7[0]"],
      // It passed as a whole only because that is not enforced.
      ["Response", "Audit", "l7"],
      ["Response", "Audit", "l7"],
    ]);
  });

  it("of what the server refuses: the code, its name, and the rule of that very request", () => {
    const connection = startedConnection({ l7: [WRITE, READ] });
    connection.fromClient(requests.query(SELECT, { stream: 1 }) + requests.query(INSERT, { stream: 2 }));
    connection.fromClient(requests.query("TRUNCATE ks.t", { stream: 3 }));
    connection.fromServer(responses.error(0x2200, "text of the server's", { stream: 1 }));
    connection.setPolicy([]);
    connection.fromClient(requests.query(SELECT, { stream: 1 }));
    connection.fromServer(responses.error(0x1001, "", { stream: 2 }));
    assert.deepEqual(logOf(connection.records), [
      "Request select ks.t",
      "Request insert ks.t",
      "Denied truncate-table ks.t",
      "Response select ks.t error=0x2200 Invalid",
      "Denied select ks.t",
      "Response insert ks.t error=0x1001 Overloaded",
    ]);
    const refusals = connection.records.filter(({ type }) => type === "Response");
    assert.deepEqual(refusals.map(decisionOf), [
      ["Response", "Forwarded", "l7[1]"],
      ["Response", "Forwarded", "l7[0]"],
    ]);
  });

  it("of what is refused of requests without statements", () => {
    const connection = startedConnection({ l7: [READ] });
    connection.fromClient(requests.query(SELECT, { stream: 1 }) + requests.register(["X"], { stream: 2 }));
    connection.fromServer(responses.error(0x000a, "no such event", { stream: 2 }));
    assert.deepEqual(logOf(connection.records).slice(1), ["Response request=REGISTER error=0x000a Protocol error"]);
    assert.equal(connection.records.at(-1)?.rule, undefined);
  });

  // Section 9 of native_protocol_v4.spec, and what servers have added since.
  const CODES: Readonly<Record<number, string>> = {
    0: "0x0000 Server error",
    10: "0x000a Protocol error",
    256: "0x0100 Bad credentials",
    4096: "0x1000 Unavailable",
    4097: "0x1001 Overloaded",
    4098: "0x1002 Is bootstrapping",
    4099: "0x1003 Truncate error",
    4352: "0x1100 Write timeout",
    4608: "0x1200 Read timeout",
    4864: "0x1300 Read failure",
    5120: "0x1400 Function failure",
    5376: "0x1500 Write failure",
    5632: "0x1600 CDC write failure",
    5888: "0x1700 CAS write unknown",
    8192: "0x2000 Syntax error",
    8448: "0x2100 Unauthorized",
    8704: "0x2200 Invalid",
    8960: "0x2300 Config error",
    9216: "0x2400 Already exists",
    9472: "0x2500 Unprepared",
    16962: "0x4242",
    [-1]: "0xffffffff",
  };
  it("name the codes of errors", () => {
    for (const [code, text] of Object.entries(CODES)) {
      const connection = startedConnection();
      connection.fromClient(requests.query(SELECT));
      connection.fromServer(responses.error(Number(code), "message"));
      assert.equal(connection.records.at(-1)?.fields["error"], text);
    }
  });

  it("of bytes that cannot be: one, with the reason", () => {
    const connection = startedConnection();
    connection.fromClient(requests.query(SELECT, { flags: 0x10 }) + requests.query(SELECT));
    assert.deepEqual(logOf(connection.records), ["Error flags 0x10 are not those of a request of version 4"]);
    assert.deepEqual(connection.records.map(decisionOf), [["Denied", "Error", undefined]]);
  });

  exchangeTests([
    {
      name: "in audit: what would be refused passes, and says so",
      mode: "audit",
      l7: [READ],
      steps: [
        ["client", requests.query(SELECT, { stream: 1 }) + requests.query(INSERT, { stream: 2 })],
        ["client", requests.batch([{ text: INSERT }, { text: "DELETE FROM ks.t WHERE a = 1" }], { stream: 3 })],
        ["server", responses.error(0x2200, "", { stream: 2 }) + responses.error(0x2200, "", { stream: 1 })],
      ],
      log: [
        "Request select ks.t",
        "Request Audit insert ks.t",
        "Request Audit insert ks.t batch=true",
        "Request Audit delete ks.t batch=true",
        "Response Audit insert ks.t error=0x2200 Invalid",
        "Response select ks.t error=0x2200 Invalid",
      ],
    },
  ]);
});

describe("cassandra: nothing of what users keep stands on record", () => {
  /** Never part of a message, an action, or a name in these tests. */
  const SECRET = "s3cr3t";
  const secret = fc.stringMatching(/^[a-z0-9 .;"\-/*]{0,12}$/).map((text) => SECRET + text);
  const statement = fc.tuple(
    secret,
    fc.constantFrom<(literal: string) => string>(
      (literal) => `SELECT a FROM ks.t WHERE b = '${literal}'`,
      (literal) => `INSERT INTO ks.t (a) VALUES ('${literal}')`,
      (literal) => `INSERT INTO ks.t JSON '{"a": "${literal.replaceAll('"', "")}"}'`,
      (literal) => `SELECT a FROM ks.t /* ${literal.replaceAll("*", "")} */`,
      (literal) => `UPDATE ks.t SET a = $$${literal}$$ WHERE b = 1 IF a = '${literal}'`,
      (literal) => `BEGIN BATCH DELETE FROM ks.t WHERE a = '${literal}'; APPLY BATCH`,
      (literal) => `CREATE ROLE r WITH PASSWORD = '${literal}'`,
      (literal) => `this is no CQL: ${literal}`,
      (literal) => `SELECT a FROM ks.t WHERE b = '${literal}`,
      (literal) => `SELECT "${literal.replaceAll('"', "")}" FROM ks.t`,
    ),
  );
  const sent = fc
    .tuple(statement, secret, fc.nat({ max: 5 }), fc.nat({ max: 32_767 }))
    .map(([[literal, textOf], value, kind, stream]) => {
      const text = textOf(literal);
      const frame = { stream, customPayload: { [value]: value } };
      const common = { ...frame, values: [value], names: [value] };
      switch (kind) {
        case 0:
          return requests.prepare(text, frame);
        case 1:
          return requests.batch([{ text, values: [value] }], frame);
        case 2:
          return requests.execute(value, common);
        case 3:
          return requests.query(text, { ...common, length: 40 });
        case 4:
          return requests.batch([{ id: value }], { ...frame, rest: value });
        default:
          return requests.query(text, common);
      }
    });

  for (const mode of ["enforce", "observe"] as const) {
    it(`${mode}: no literal, value, comment, id, payload or message of the server`, () => {
      fc.assert(
        fc.property(sent, secret, fc.boolean(), (frame, message, allowed) => {
          const connection = new ScriptedConnection(cassandra(), { mode, l7: allowed ? [{}] : [] });
          connection.fromClient(requests.startup({ [SECRET]: SECRET }));
          connection.fromServer(responses.authenticate(SECRET));
          connection.fromClient(requests.authResponse(SECRET));
          connection.fromServer(responses.authSuccess(SECRET));
          connection.fromClient(frame);
          if (connection.takeToServer().endsWith(frame)) {
            const stream = (frame.charCodeAt(2) << 8) | frame.charCodeAt(3);
            connection.fromServer(responses.error(0x2200, message, { stream, warnings: [message] }));
          }
          assert.doesNotMatch(JSON.stringify(connection.records), new RegExp(SECRET));
          assert.doesNotMatch(connection.closeReason?.message ?? "", new RegExp(SECRET));
        }),
        { numRuns: 400 },
      );
    });
  }
});
