// The keyspace that unqualified names are in: a USE changes it when the server executes it, which nobody outside sees.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import { type ExchangeCase, exchangeTests, logOf, startedConnection, unauthorized } from "./exchange-case.ts";
import {
  ask,
  DOUBTFUL,
  done,
  failed,
  IN_A,
  IN_BOTH,
  inA,
  NOT_SENT,
  select,
  USE_ANY,
  use,
  used,
} from "./keyspace-talk.ts";

describe("cassandra: the keyspace in force", () => {
  exchangeTests([
    {
      name: "none: an unqualified name is in no keyspace",
      l7: [select("[.]t")],
      steps: [["client", ask(1)]],
      log: ["Request select .t"],
    },
    {
      name: "none: no rule for a table in a keyspace allows it",
      l7: IN_A,
      steps: [["client", ask(1) + requests.prepare("SELECT x FROM t", { stream: 2 })]],
      toServer: "",
      toClient: unauthorized(1) + unauthorized(2),
      log: ["Denied select .t", "Denied select .t prepared=prepare"],
    },
    {
      name: "confirmed: names are in it, and in no other",
      l7: IN_A,
      steps: [
        ...inA,
        ["client", ask(1)],
        ["client", use("b", 2)],
        ["server", done(1)],
        ["server", used("b", 2)],
        ["client", ask(3)],
      ],
      toServer: use("a", 9) + ask(1) + use("b", 2),
      toClient: used("a", 9) + done(1) + used("b", 2) + unauthorized(3),
      log: ["Request use a", "Request select a.t", "Request use b", "Denied select b.t"],
    },
    {
      name: "qualified names are not in it",
      l7: IN_A,
      steps: [...inA, ["client", requests.query("SELECT x FROM b.t", { stream: 1 })]],
      toServer: use("a", 9),
      toClient: used("a", 9) + unauthorized(1),
      log: ["Request use a", "Denied select b.t"],
    },
    {
      name: "the server has the last word on its name",
      l7: [USE_ANY, select("other[.]t")],
      steps: [
        ["client", use("a", 9)],
        ["server", used("other", 9)],
        ["client", ask(1)],
      ],
      log: ["Request use a", "Request select other.t"],
    },
    {
      name: "quoted names keep their case, others do not",
      l7: [USE_ANY, select("Case[.]t"), select("upper[.]t")],
      steps: [
        ["client", use('"Case"')],
        ["server", used("Case")],
        ["client", ask(1)],
        ["server", done(1)],
        ["client", use("UPPER")],
        ["server", used("upper")],
        ["client", ask(1)],
      ],
      log: ["Request use Case", "Request select Case.t", "Request use upper", "Request select upper.t"],
    },
    ...(["error", "another result"] as const).map((answer): ExchangeCase => {
      const answered = answer === "error" ? failed(9) : done(9);
      return {
        name: `refused (${answer}): the one before stays`,
        l7: IN_A,
        steps: [...inA, ["client", use("b", 9)], ["server", answered], ["client", ask(1)]],
        log: [
          "Request use a",
          "Request use b",
          ...(answer === "error" ? ["Response use b error=0x2200 Invalid"] : []),
          "Request select a.t",
        ],
      };
    }),
    {
      name: "refused, and none was before",
      l7: IN_A,
      steps: [
        ["client", use("a")],
        ["server", failed(0)],
        ["client", ask(1)],
      ],
      toServer: use("a"),
      toClient: failed(0) + unauthorized(1),
      log: ["Request use a", "Response use a error=0x2200 Invalid", "Denied select .t"],
    },
    {
      name: "a USE that policy denies changes nothing",
      l7: [{ query_action: "use", query_table: "^a$" }, select("[ab][.]t")],
      steps: [...inA, ["client", use("b", 1) + ask(2)]],
      toServer: use("a", 9) + ask(2),
      toClient: used("a", 9) + unauthorized(1),
      log: ["Request use a", "Denied use b", "Request select a.t"],
    },
  ]);

  it("is of one connection, not of another", () => {
    const [one, other] = [startedConnection({ l7: IN_A }), startedConnection({ l7: IN_A })];
    one.fromClient(use("a"));
    one.fromServer(used("a"));
    other.fromClient(ask(1));
    assert.deepEqual(logOf(other.records), ["Denied select .t"]);
  });
});

describe("cassandra: while a USE is not answered", () => {
  exchangeTests([
    {
      name: "names are judged in both keyspaces, and both allow",
      l7: IN_BOTH,
      steps: [...inA, ["client", use("b", 1) + ask(2)], ["server", used("b", 1) + done(2)], ["client", ask(3)]],
      log: [
        "Request use a",
        "Request use b",
        `Request select a.t ${DOUBTFUL}`,
        `Request select b.t ${DOUBTFUL}`,
        "Request select b.t",
      ],
    },
    ...[
      ["the one before", IN_A, "b"],
      ["the one to come", [USE_ANY, select("b[.]t")], "a"],
    ].map(([name, l7, denied]): ExchangeCase => {
      return {
        name: `names are judged in both keyspaces, and only ${name} allows`,
        l7: l7 as ExchangeCase["l7"] & object,
        steps: [...inA, ["client", use("b", 1) + ask(2)], ["server", used("b", 1)]],
        toServer: use("a", 9) + use("b", 1),
        toClient: used("a", 9) + unauthorized(2) + used("b", 1),
        log: [
          "Request use a",
          "Request use b",
          ...["a", "b"].map((keyspace) =>
            keyspace === denied
              ? `Denied select ${keyspace}.t ${DOUBTFUL}`
              : `Request select ${keyspace}.t ${NOT_SENT}`,
          ),
        ],
      };
    }),
    {
      name: "none was before: without one the server executes nothing",
      l7: IN_A,
      steps: [["client", use("a", 1) + ask(2)]],
      log: ["Request use a", "Request select a.t"],
    },
    {
      name: "the same again: nothing is in doubt",
      l7: IN_A,
      steps: [...inA, ["client", use("a", 1) + ask(2)]],
      log: ["Request use a", "Request use a", "Request select a.t"],
    },
    {
      name: "batches and PREPAREs are judged in both as well",
      l7: [...IN_A, { query_action: "delete", query_table: "^b[.]t$" }],
      steps: [
        ...inA,
        [
          "client",
          use("b", 1) +
            requests.batch([{ text: "DELETE FROM t WHERE x = 1" }], { stream: 2 }) +
            requests.prepare("SELECT x FROM t", { stream: 3 }),
        ],
      ],
      toServer: use("a", 9) + use("b", 1),
      toClient: used("a", 9) + unauthorized(2) + unauthorized(3),
    },
    {
      name: "qualified names pass as ever",
      l7: [USE_ANY, select("c[.]t")],
      steps: [...inA, ["client", use("b", 1) + requests.query("SELECT x FROM c.t", { stream: 2 })]],
      log: ["Request use a", "Request use b", "Request select c.t"],
    },
  ]);
});

describe("cassandra: a USE while unqualified names are in flight", () => {
  const PREPARE_T = requests.prepare("SELECT x FROM t", { stream: 1 });
  const BATCH_T = requests.batch([{ text: "DELETE FROM c.t WHERE x = 1" }, { text: "DELETE FROM t WHERE x = 1" }], {
    stream: 1,
  });
  const OPEN = {
    QUERY: [ask(1), done(1)],
    PREPARE: [PREPARE_T, responses.resultPrepared("id", { stream: 1 })],
    BATCH: [BATCH_T, done(1)],
    "another USE": [use("c", 1), used("c", 1)],
    "a QUERY that fails": [ask(1), failed(1)],
  } as const;

  for (const [name, [before, answer]] of Object.entries(OPEN)) {
    it(`waits for the answer of ${name}, and all behind it with it`, () => {
      const connection = startedConnection();
      connection.fromClient(use("a"));
      connection.fromServer(used("a"));
      connection.takeToServer();
      connection.fromClient(before + use("b", 2) + ask(3));
      connection.fromClient(requests.query("SELECT x FROM c.t", { stream: 4 }));
      assert.equal(connection.takeToServer(), before);
      connection.fromServer(answer);
      assert.equal(
        connection.takeToServer(),
        use("b", 2) + ask(3) + requests.query("SELECT x FROM c.t", { stream: 4 }),
      );
      assert.equal(connection.count("Request") >= 4, true);
      assert.equal(connection.closeReason, undefined);
    });
  }

  it("waits for all of them, and is judged when its turn has come", () => {
    const connection = startedConnection({ l7: IN_A });
    connection.fromClient(use("a"));
    connection.fromServer(used("a"));
    connection.fromClient(ask(1) + ask(2) + ask(3) + use("b", 4));
    connection.takeToServer();
    connection.fromServer(done(2) + done(1));
    assert.equal(connection.takeToServer(), "");
    connection.setPolicy([select("a[.]t")]);
    connection.takeToClient();
    connection.fromServer(done(3));
    assert.equal(connection.takeToServer(), "");
    assert.equal(connection.takeToClient(), done(3) + unauthorized(4));
    assert.equal(logOf(connection.records).at(-1), "Denied use b");
  });

  it("does not wait for what has no unqualified name", () => {
    const connection = startedConnection();
    const closed =
      requests.query("SELECT x FROM c.t", { stream: 1 }) +
      requests.batch([{ text: "DELETE FROM c.t WHERE x = 1" }], { stream: 2 }) +
      requests.askOptions({ stream: 3 });
    connection.fromClient(closed + use("b", 4));
    assert.equal(connection.takeToServer(), closed + use("b", 4));
  });

  it("a client that has ended its stream still gets all", () => {
    const connection = startedConnection();
    connection.fromClient(ask(1) + use("b", 2) + ask(3), true);
    assert.equal(connection.takeToServer(), ask(1));
    assert.equal(connection.endSent.original, false);
    connection.fromServer(done(1));
    assert.equal(connection.takeToServer(), use("b", 2) + ask(3));
    assert.equal(connection.endSent.original, true);
  });

  it("a chain of them goes on answer by answer", () => {
    const connection = startedConnection({ l7: [USE_ANY, select("k[0-9]+[.]t")] });
    const names = Array.from({ length: 300 }, (_, index) => `k${index}`);
    connection.fromClient(names.map((name, index) => use(name, 2 * index) + ask(2 * index + 1)).join(""));
    for (const [index, name] of names.entries()) {
      assert.equal(connection.takeToServer(), use(name, 2 * index) + ask(2 * index + 1));
      connection.fromServer(used(name, 2 * index) + done(2 * index + 1));
    }
    assert.equal(connection.closeReason, undefined);
  });
});

describe("cassandra: a prepared USE", () => {
  const PREPARE = requests.prepare("USE b", { stream: 5 });
  const PREPARED = responses.resultPrepared("use b", { stream: 5, warnings: ["USE with prepared statements is bad"] });
  const execute = (stream: number): string => requests.execute("use b", { stream });

  exchangeTests([
    {
      name: "changes the keyspace when it is executed, not before",
      l7: IN_BOTH,
      steps: [
        ...inA,
        ["client", PREPARE],
        ["server", PREPARED],
        ["client", ask(1)],
        ["server", done(1)],
        ["client", execute(2) + ask(3)],
        ["server", used("b", 2, { warnings: ["w"] }) + done(3)],
        ["client", ask(4)],
      ],
      log: [
        "Request use a",
        "Request use b prepared=prepare",
        "Request select a.t",
        "Request use b prepared=execute",
        `Request select a.t ${DOUBTFUL}`,
        `Request select b.t ${DOUBTFUL}`,
        "Request select b.t",
      ],
    },
    {
      name: "waits as any other",
      steps: [...inA, ["client", PREPARE], ["server", PREPARED], ["client", ask(1) + execute(2) + ask(3)]],
      toServer: use("a", 9) + PREPARE + ask(1),
    },
  ]);
});
