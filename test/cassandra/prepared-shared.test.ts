// Prepared statements are shared: whoever executes one is judged, and what is kept is bounded.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PREPARED_WEIGHT_MAX } from "../../src/parsers/cassandra/limits.ts";
import { cassandra } from "../../src/parsers/cassandra/parser.ts";
import type { ScriptedConnection } from "../../src/proxylib/testing/index.ts";
import { connectionByIdentity } from "./connection-by-identity.ts";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import { logOf, startedConnection, unauthorized } from "./exchange-case.ts";
import { execute, ID, INSERT, learn, outcome, READ, SELECT, WRITE } from "./prepared-talk.ts";

describe("cassandra: whoever executes is judged, whenever it does", () => {
  it("by the policy in force then", () => {
    const connection = startedConnection({ l7: READ });
    learn(connection, SELECT, ID);
    assert.equal(outcome(connection, ID), "passes");
    connection.setPolicy(WRITE);
    assert.equal(outcome(connection, ID), "denied");
    connection.setPolicy([...WRITE, ...READ]);
    assert.equal(outcome(connection, ID), "passes");
    connection.setPolicy([]);
    assert.equal(outcome(connection, ID), "denied");
    assert.deepEqual(
      connection.records.map(({ type, rule }) => [type, rule]),
      [
        ["Request", "l7[0]"],
        ["Denied", undefined],
        ["Request", "l7[1]"],
        ["Denied", undefined],
      ],
    );
  });

  it("on a connection whose policy never let it prepare", () => {
    const extension = cassandra();
    const [writer, reader] = [startedConnection({ extension, l7: WRITE }), startedConnection({ extension, l7: READ })];
    learn(writer, INSERT, "insert");
    learn(reader, SELECT, "select");
    assert.deepEqual(
      ["insert", "select"].map((id) => outcome(writer, id)),
      ["passes", "denied"],
    );
    assert.deepEqual(
      ["insert", "select"].map((id) => outcome(reader, id)),
      ["denied", "passes"],
    );
    assert.deepEqual(logOf(reader.records), [
      "Denied insert ks.t prepared=execute",
      "Request select ks.t prepared=execute",
    ]);
  });

  it("by the identity that stands behind the client now", () => {
    const { fromClient, fromServer, takeToServer, identify } = connectionByIdentity({
      1: [...READ, ...WRITE],
      2: READ,
      3: [],
    });
    const ids = { [SELECT]: "select", [INSERT]: "insert" };
    for (const [text, id] of Object.entries(ids)) {
      fromClient(requests.prepare(text));
      fromServer(responses.resultPrepared(id));
    }
    const executed = execute("select", 1) + execute("insert", 2);
    const answers = { select: responses.resultVoid({ stream: 1 }), insert: responses.resultVoid({ stream: 2 }) };
    for (const [identity, expected] of [
      [1, executed],
      [2, execute("select", 1)],
      [3, ""],
      [1, executed],
    ] as const) {
      identify(identity);
      takeToServer();
      fromClient(executed);
      assert.equal(takeToServer(), expected, `identity ${identity}`);
      for (const [id, answer] of Object.entries(answers)) {
        if (expected.includes(id)) fromServer(answer);
      }
    }
  });
});

describe("cassandra: who shares ids", () => {
  const at = (extension: ReturnType<typeof cassandra>, destination: string): ScriptedConnection =>
    startedConnection({ extension, destination });

  it("the connections of one extension to the same upstream", () => {
    const extension = cassandra();
    const [one, same, port, address] = ["10.0.0.1:9042", "10.0.0.1:9042", "10.0.0.1:9043", "10.0.0.2:9042"].map(
      (destination) => at(extension, destination),
    );
    learn(one!, SELECT, ID);
    assert.equal(outcome(same!, ID), "passes");
    assert.equal(outcome(port!, ID), "unknown");
    assert.equal(outcome(address!, ID), "unknown");
    assert.equal(outcome(at(cassandra(), "10.0.0.1:9042"), ID), "unknown");
  });

  it("the same id stands for different statements on different upstreams", () => {
    const extension = cassandra();
    const [one, other] = [at(extension, "10.0.0.1:9042"), at(extension, "10.0.0.2:9042")];
    learn(one, SELECT, ID);
    learn(other, INSERT, ID);
    assert.equal(outcome(one, ID), "passes");
    assert.equal(outcome(other, ID), "passes");
    assert.deepEqual(logOf([...one.records, ...other.records]), [
      "Request select ks.t prepared=execute",
      "Request insert ks.t prepared=execute",
    ]);
  });

  it("also connections of another version, and after the one that prepared has gone", () => {
    const extension = cassandra();
    const one = at(extension, "10.0.0.1:9042");
    learn(one, SELECT, ID);
    one.disconnect();
    const other = startedConnection({ extension, destination: "10.0.0.1:9042", version: 3 });
    other.fromClient(execute(ID, 1, { version: 3 }));
    assert.equal(other.takeToServer(), execute(ID, 1, { version: 3 }));
  });

  it("the keyspace is the one in which it was prepared, whatever is in force on the connection that executes", () => {
    const extension = cassandra();
    const l7 = [{ query_action: "use" }, { query_action: "select", query_table: "^a[.]t$" }];
    const [one, other] = [startedConnection({ extension, l7 }), startedConnection({ extension, l7 })];
    one.fromClient(requests.query("USE a"));
    one.fromServer(responses.resultSetKeyspace("a"));
    other.fromClient(requests.query("USE b"));
    other.fromServer(responses.resultSetKeyspace("b"));
    one.takeToServer();
    learn(one, "SELECT x FROM t", ID);
    for (const connection of [one, other]) {
      connection.takeToServer();
      connection.takeToClient();
      assert.equal(outcome(connection, ID), "passes");
      assert.equal(logOf(connection.records).at(-1), "Request select a.t prepared=execute");
    }
  });
});

describe("cassandra: a keyspace in doubt when it is prepared", () => {
  const IN_A = { query_action: "select", query_table: "^a[.]t$" };
  const IN_B = { query_action: "select", query_table: "^b[.]t$" };
  const UNQUALIFIED = requests.prepare("SELECT x FROM t", { stream: 3 });

  /** In `a`, with a USE of `b` that is not answered, behind which a statement is prepared. */
  function doubtful(extension = cassandra()): ScriptedConnection {
    const connection = startedConnection({ extension });
    connection.fromClient(requests.query("USE a"));
    connection.fromServer(responses.resultSetKeyspace("a"));
    connection.fromClient(requests.query("USE b", { stream: 1 }) + UNQUALIFIED);
    connection.fromServer(responses.resultSetKeyspace("b", { stream: 1 }));
    connection.fromServer(responses.resultPrepared(ID, { stream: 3 }));
    connection.takeToServer();
    connection.takeToClient();
    return connection;
  }

  it("both must be allowed, for as long as nothing better is known", () => {
    const connection = doubtful();
    for (const [l7, expected] of [
      [[IN_A], "denied"],
      [[IN_B], "denied"],
      [[IN_A, IN_B], "passes"],
    ] as const) {
      connection.setPolicy(l7);
      assert.equal(outcome(connection, ID), expected);
    }
  });

  it("prepared again when it is certain", () => {
    const connection = doubtful();
    learn(connection, "SELECT x FROM t", ID);
    connection.setPolicy([IN_B]);
    assert.equal(outcome(connection, ID), "passes");
  });

  it("what was certain stays", () => {
    const extension = cassandra();
    const certain = startedConnection({ extension });
    certain.fromClient(requests.query("USE b"));
    certain.fromServer(responses.resultSetKeyspace("b"));
    certain.takeToServer();
    learn(certain, "SELECT x FROM t", ID);
    const connection = doubtful(extension);
    connection.setPolicy([IN_B]);
    assert.equal(outcome(connection, ID), "passes");
  });
});

describe("cassandra: prepared on a connection that is only observed", () => {
  const EVERYTHING_IN_A = [{ query_table: "^a([.]|$)" }];

  /** In `a`, until something that is not understood puts `b` in force; meanwhile a statement is prepared. */
  function misjudged(text: string): ScriptedConnection {
    const extension = cassandra();
    const observed = startedConnection({ extension, mode: "observe" });
    observed.fromClient(requests.query("USE a"));
    observed.fromServer(responses.resultSetKeyspace("a"));
    observed.fromClient(requests.query("USE b ?", { stream: 1 }) + requests.prepare(text, { stream: 3 }));
    observed.fromServer(responses.resultSetKeyspace("b", { stream: 1 }) + responses.resultPrepared(ID, { stream: 3 }));
    return startedConnection({ extension, l7: EVERYTHING_IN_A });
  }

  it("nobody is judged by a keyspace that was only guessed", () => {
    assert.equal(outcome(misjudged("SELECT x FROM t"), ID), "unknown");
  });

  it("names with their keyspace are shared all the same", () => {
    assert.equal(outcome(misjudged("SELECT x FROM a.t"), ID), "passes");
    assert.equal(outcome(misjudged("SELECT x FROM b.t"), ID), "denied");
  });
});

describe("cassandra: the least recently used ids are forgotten", () => {
  it("when there are more than are kept", () => {
    const connection = startedConnection();
    const idOf = (index: number): string => `id-${index}`;
    for (let index = 0; index < PREPARED_WEIGHT_MAX; index++) learn(connection, SELECT, idOf(index));
    assert.equal(outcome(connection, idOf(0)), "passes");
    learn(connection, SELECT, "one more");
    assert.equal(outcome(connection, idOf(1)), "unknown");
    for (const id of [idOf(0), idOf(2), idOf(PREPARED_WEIGHT_MAX - 1), "one more"]) {
      assert.equal(outcome(connection, id), "passes");
    }
  });

  it("a batch counts as many as it has statements, and one with too many is not prepared", () => {
    const text = (count: number): string => `BEGIN BATCH ${"DELETE FROM ks.t WHERE a = 1; ".repeat(count)} APPLY BATCH`;
    const connection = startedConnection();
    learn(connection, SELECT, "first");
    for (let index = 0; index < PREPARED_WEIGHT_MAX / 1_024; index++) learn(connection, text(1_024), `batch ${index}`);
    assert.equal(outcome(connection, "first"), "unknown");
    assert.equal(outcome(connection, "batch 0"), "passes");
    connection.fromClient(requests.prepare(text(1_025)));
    assert.equal(connection.takeToClient(), unauthorized());
    assert.match(logOf(connection.records).at(-1) ?? "", /status=not understood: a batch of more than 1024 statements/);
  });

  it("an id that is longer than any server's is not kept", () => {
    const connection = startedConnection();
    learn(connection, SELECT, "i".repeat(512));
    learn(connection, SELECT, "j".repeat(513));
    assert.equal(outcome(connection, "i".repeat(512)), "passes");
    assert.equal(outcome(connection, "j".repeat(513)), "unknown");
  });
});
