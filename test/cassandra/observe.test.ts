// Watch first, then enforce: the parser alone. A connection that is observed passes as if nobody were between.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cassandra } from "../../src/parsers/cassandra/parser.ts";
import { cuts, ScriptedConnection } from "../../src/proxylib/testing/index.ts";
import { int, Opcode, request } from "./cql-frame.ts";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import { type ExchangeCase, exchangeTests, logOf, startedConnection, unauthorized } from "./exchange-case.ts";

const READ = [{ query_action: "select", query_table: "^ks[.]t$" }];
const SELECT = "SELECT a FROM ks.t";
const INSERT = "INSERT INTO ks.t (a) VALUES (1)";
const BOGUS = "BOGUS";
const OFFERED = { COMPRESSION: ["lz4"], PROTOCOL_VERSIONS: ["4/v4", "5/v5"] };
const select = (stream: number): string => requests.query(SELECT, { stream });
const done = (stream: number): string => responses.resultVoid({ stream });

describe("cassandra, observed: everything passes as it comes", () => {
  const observed = { mode: "observe", l7: READ } as const;
  exchangeTests([
    {
      ...observed,
      name: "what policy would refuse, what nobody has prepared, and what is not understood",
      steps: [
        ["client", requests.query(INSERT, { stream: 1 }) + requests.execute("id", { stream: 2 }) + select(3)],
        ["server", done(2) + done(1) + done(3)],
        ["client", requests.batch([{ text: INSERT }, { text: SELECT }, { id: "id" }])],
      ],
      log: [
        "Request Audit insert ks.t",
        "Request Audit prepared=execute status=nobody has prepared the statement here",
        "Request select ks.t",
        "Request Audit insert ks.t batch=true",
        "Request select ks.t batch=true",
        "Request Audit prepared=execute batch=true status=nobody has prepared the statement here",
      ],
    },
    {
      ...observed,
      name: "SUPPORTED as the server offers it",
      fresh: true,
      steps: [
        ["client", requests.askOptions()],
        ["server", responses.supported(OFFERED)],
        ["client", requests.startup()],
        ["server", responses.ready()],
        ["client", select(1)],
      ],
      log: ["Request select ks.t"],
    },
    {
      ...observed,
      name: "a USE does not wait for unqualified names in flight",
      steps: [
        [
          "client",
          requests.query("SELECT a FROM t", { stream: 1 }) + requests.query("USE ks", { stream: 2 }) + select(3),
        ],
        ["server", responses.resultSetKeyspace("ks", { stream: 2 }) + done(1) + done(3)],
        ["client", requests.query("SELECT a FROM t", { stream: 1 })],
      ],
      log: ["Request Audit select .t", "Request Audit use ks", "Request select ks.t", "Request select ks.t"],
    },
    {
      ...observed,
      name: "texts that are too long to be read",
      steps: [["client", requests.query(`SELECT a FROM ks.t WHERE b = '${"x".repeat(800_000)}'`).slice(0, 20_000)]],
      log: ["Request Audit status=not understood: a request of which more than 768 KiB would have to be read"],
    },
  ]);

  it("a statement that is not understood passes, with a record, and the next ones are read", () => {
    for (const cut of cuts(requests.query(BOGUS, { stream: 1 }) + requests.prepare(BOGUS, { stream: 2 }) + select(3))) {
      const connection = startedConnection(observed);
      for (const piece of cut.pieces) connection.fromClient(piece);
      assert.equal(
        connection.takeToServer(),
        requests.query(BOGUS, { stream: 1 }) + requests.prepare(BOGUS, { stream: 2 }) + select(3),
      );
      connection.fromServer(done(1) + responses.resultPrepared("id", { stream: 2 }) + done(3));
      connection.takeToServer();
      const log = logOf(connection.records);
      assert.match(log[0] ?? "", /^Request Audit status=not understood: /);
      assert.match(log[1] ?? "", /^Request Audit prepared=prepare status=not understood: /);
      assert.deepEqual(log.slice(2), ["Request select ks.t"]);
      assert.equal(connection.unread, false);
    }
  });

  /** What no connection that is enforced survives. */
  const BROKEN: Readonly<Record<string, string>> = {
    "another version": requests.query(SELECT, { version: 5 }),
    "a compressed frame": requests.query(SELECT, { flags: 1 }),
    "an unknown opcode": request(0x55),
    "a second STARTUP": requests.startup(),
    "a length below 0": requests.query(SELECT, { length: -1 }),
    "a frame at odds with its length": request(Opcode.Query, int(99)),
    "a stream in flight": select(1) + select(1),
  };
  for (const [name, frame] of Object.entries(BROKEN)) {
    it(`${name}: passes, and the rest unread`, () => {
      const connection = startedConnection(observed);
      connection.fromClient(frame + select(9));
      connection.fromServer("whatever the server says");
      connection.fromClient("whatever the client says");
      assert.equal(connection.takeToServer(), `${frame}${select(9)}whatever the client says`);
      assert.equal(connection.takeToClient(), "whatever the server says");
      assert.equal(connection.unread, true);
      assert.equal(connection.closeReason, undefined);
      assert.match(logOf(connection.records).at(-1) ?? "", /^Error .*; the rest passes unread$/);
    });
  }

  it("version 5 from the first byte, and a server's answer that makes no sense", () => {
    const connection = new ScriptedConnection(cassandra(), observed);
    connection.fromClient(requests.startup({}, { version: 5 }));
    connection.fromServer(responses.ready({ version: 5 }));
    assert.equal(connection.takeToServer(), requests.startup({}, { version: 5 }));
    assert.equal(connection.takeToClient(), responses.ready({ version: 5 }));
    assert.equal(connection.unread, true);
  });

  it("nothing is dropped or injected, not even tried", () => {
    const sent = requests.query(INSERT, { stream: 1 }) + requests.query(BOGUS, { stream: 2 }) + requests.execute("x");
    for (const cut of cuts(sent + requests.askOptions({ stream: 3 }) + request(0x55))) {
      const connection = startedConnection(observed);
      for (const piece of cut.pieces) connection.fromClient(piece);
      connection.fromServer(responses.supported(OFFERED, { stream: 3 }));
      assert.equal(connection.takeToClient(), responses.supported(OFFERED, { stream: 3 }));
      assert.equal(connection.count("Denied"), 0);
      assert.doesNotMatch(logOf(connection.records).join(), /drop or inject/);
    }
  });
});

describe("cassandra: audited beside what is enforced", () => {
  exchangeTests([
    {
      name: "what cannot be judged is refused as ever: the policy that is enforced reads the connection",
      mode: "audit",
      l7: READ,
      steps: [["client", requests.query(INSERT, { stream: 1 }) + requests.query(BOGUS, { stream: 2 })]],
      toServer: requests.query(INSERT, { stream: 1 }),
      toClient: unauthorized(2),
    },
  ]);
});

describe("cassandra: from observing to enforcing", () => {
  /** What passed while it was observed, whether it may be enforced then, and what becomes of a QUERY on stream 100. */
  interface Change {
    readonly name: string;
    readonly steps: ExchangeCase["steps"];
    readonly objection?: RegExp;
    readonly after?: (connection: ScriptedConnection) => void;
  }

  const ask = (connection: ScriptedConnection, text: string): string => {
    connection.takeToServer();
    connection.takeToClient();
    connection.fromClient(requests.query(text, { stream: 100 }));
    const sent = connection.takeToServer();
    const answered = connection.takeToClient();
    if (sent === "") assert.equal(answered, unauthorized(100));
    else assert.equal(sent, requests.query(text, { stream: 100 }));
    if (sent !== "") connection.fromServer(done(100));
    return sent === "" ? "denied" : "passes";
  };
  const NOT_SURE = /not sure how the server reads it/;

  const CHANGES: readonly Change[] = [
    { name: "before the first byte", steps: [] },
    {
      name: "with requests in flight, whose answers are awaited",
      steps: [["client", select(1) + requests.query(INSERT, { stream: 2 }) + requests.prepare(SELECT, { stream: 3 })]],
      after: (connection) => {
        connection.fromClient(select(4));
        connection.fromServer(done(2) + responses.resultPrepared("id", { stream: 3 }));
        connection.takeToServer();
        connection.fromClient(requests.execute("id", { stream: 5 }));
        assert.equal(connection.takeToServer(), requests.execute("id", { stream: 5 }));
      },
    },
    {
      name: "with the keyspace that was put in force",
      steps: [
        ["client", requests.query("USE ks")],
        ["server", responses.resultSetKeyspace("ks")],
      ],
      after: (connection) => assert.equal(ask(connection, "SELECT a FROM t"), "passes"),
    },
    {
      name: "with a USE that is not answered",
      steps: [["client", requests.query("USE other")]],
      after: (connection) => {
        assert.equal(ask(connection, "SELECT a FROM t"), "denied");
        connection.fromServer(responses.error(0x2200, "no such keyspace"));
        assert.equal(ask(connection, "SELECT a FROM t"), "denied");
      },
    },
    {
      name: "within a request",
      steps: [["client", select(1).slice(0, -1)]],
      objection: /a part of a request or reply had passed/,
    },
    {
      name: "behind a statement that is not understood, and could be a USE",
      steps: [["client", requests.query(BOGUS, { stream: 1 })]],
      objection: NOT_SURE,
    },
    {
      name: "while another answer than its own is awaited",
      steps: [
        ["client", requests.query(BOGUS, { stream: 1 }) + select(2)],
        ["server", done(1)],
      ],
      objection: NOT_SURE,
    },
    {
      name: "when its answer told that it was none",
      steps: [
        ["client", requests.query(BOGUS, { stream: 1 })],
        ["server", done(1)],
      ],
    },
    {
      name: "when its answer told that it was one: the keyspace is one of two",
      steps: [
        ["client", requests.query("USE ks", { stream: 1 })],
        ["server", responses.resultSetKeyspace("ks", { stream: 1 })],
        ["client", requests.query(BOGUS, { stream: 1 })],
        ["server", responses.resultSetKeyspace("other", { stream: 1 })],
      ],
      after: (connection) => {
        assert.equal(ask(connection, "SELECT a FROM t"), "denied");
        connection.setPolicy([{ query_table: "^(ks|other)[.]t$" }]);
        assert.equal(ask(connection, "SELECT a FROM t"), "passes");
      },
    },
    { name: "behind an unknown id", steps: [["client", requests.execute("id")]], objection: NOT_SURE },
    {
      name: "behind a USE that did not wait",
      steps: [["client", requests.query("SELECT a FROM t", { stream: 1 }) + requests.query("USE ks", { stream: 2 })]],
      objection: NOT_SURE,
    },
    { name: "when it passes unread", steps: [["client", request(0x55)]], objection: /not understood, and passed/ },
  ];

  for (const { name, steps, objection, after } of CHANGES) {
    it(name, () => {
      const connection = startedConnection({ mode: "observe", l7: READ });
      for (const [side, bytes] of steps) {
        if (side === "client") connection.fromClient(bytes);
        else connection.fromServer(bytes);
      }
      const why = connection.setPolicy(READ, "enforce");
      if (objection !== undefined) {
        assert.match(why ?? "none", objection);
        return;
      }
      assert.equal(why, undefined);
      assert.equal(ask(connection, SELECT), "passes");
      assert.equal(ask(connection, INSERT), "denied");
      assert.equal(ask(connection, BOGUS), "denied");
      after?.(connection);
      assert.equal(connection.closeReason, undefined);
    });
  }

  it("and back: from then on everything passes, also what is not understood", () => {
    const connection = startedConnection({ l7: READ });
    assert.equal(ask(connection, INSERT), "denied");
    assert.equal(connection.setPolicy(READ, "observe"), undefined);
    assert.equal(ask(connection, INSERT), "passes");
    assert.equal(ask(connection, BOGUS), "passes");
    const { type, verdict } = connection.records.at(-1) ?? {};
    assert.deepEqual([type, verdict], ["Request", "Audit"]);
    connection.fromClient(requests.query(BOGUS, { stream: 7 }));
    assert.match(connection.setPolicy(READ, "enforce") ?? "none", NOT_SURE);
  });

  it("and back: a USE that waits goes on with the answers that it waits for", () => {
    const connection = startedConnection();
    const use = requests.query("USE ks", { stream: 2 });
    connection.fromClient(requests.query("SELECT a FROM t", { stream: 1 }) + use);
    connection.takeToServer();
    connection.setPolicy([{}], "observe");
    connection.fromServer(done(1));
    assert.equal(connection.takeToServer(), use);
  });
});
