// BATCH: native_protocol_v4.spec, section 4.1.7. All of its statements must be allowed, each has a record.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BATCH_STATEMENTS_MAX } from "../../src/parsers/cassandra/limits.ts";
import { byte, int, longString, Opcode, request, short, string } from "./cql-frame.ts";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import { type ExchangeCase, exchangeTests, logOf, startedConnection, unauthorized } from "./exchange-case.ts";

const RULES = [
  { query_action: "insert", query_table: "^ks[.]t$" },
  { query_action: "delete", query_table: "^ks[.]t$" },
];
const INSERT = { text: "INSERT INTO ks.t (a) VALUES (?)" };
const DELETE = { text: "DELETE FROM ks.t WHERE a = ?" };
const DENIED = { text: "DELETE FROM ks.secret WHERE a = ?" };
const BOGUS = { text: "BOGUS" };
const ID = { id: "insert-id" };
const UNKNOWN = { id: "nobody's" };
const NOT_SENT = "status=not sent: another part of its request is refused";

const LEARN: ExchangeCase["steps"] = [
  ["client", requests.prepare(INSERT.text)],
  ["server", responses.resultPrepared(ID.id)],
];
const LEARNT = responses.resultPrepared(ID.id);
const unprepared = (id: string): string =>
  responses.error(0x2500, "No statement is known under this id: prepare it again", {}, string(id));

type Batch = Parameters<typeof requests.batch>;

function passes(name: string, batch: readonly [...Batch], log?: readonly string[]): ExchangeCase {
  const version = batch[1]?.version ?? 4;
  return { name, version, l7: RULES, steps: [["client", requests.batch(...batch)]], ...(log && { log }) };
}

const INSERTED = "Request insert ks.t batch=true";
const DELETED = "Request delete ks.t batch=true";

describe("cassandra: batches that pass", () => {
  const VALUES = { values: ["v", "", null, undefined] };
  exchangeTests([
    passes("one text", [[INSERT]], [INSERTED]),
    passes("texts, each on record", [[INSERT, DELETE, INSERT]], [INSERTED, DELETED, INSERTED]),
    ...[0, 1, 2].map((type) => passes(`type ${type}`, [[INSERT], { type }])),
    passes("values: null and unset", [[{ ...INSERT, ...VALUES }, DELETE]], [INSERTED, DELETED]),
    passes("version 3: null", [[{ ...INSERT, values: ["v", null] }, DELETE], { version: 3 }], [INSERTED, DELETED]),
    // Every length below 0 is null there.
    passes("version 3: other lengths below 0", [[{ ...INSERT, values: ["v", undefined] }, DELETE], { version: 3 }]),
    {
      name: "version 3: the lowest length",
      version: 3,
      l7: RULES,
      steps: [["client", withMessage(childrenOf(`${longString(INSERT.text)}${short(1)}${int(-(2 ** 31))}`), 3)]],
      log: [INSERTED],
    },
    passes("serial consistency and timestamp", [[INSERT], { serialConsistency: 9, timestamp: -1n, consistency: 6 }]),
    passes("tracing", [[INSERT], { flags: 0x02 }]),
    passes("a text with a semicolon", [[{ text: `${INSERT.text};` }]], [INSERTED]),
    {
      name: "ids",
      l7: RULES,
      steps: [...LEARN, ["client", requests.batch([{ ...ID, values: ["v"] }, ID])]],
      log: [
        "Request insert ks.t prepared=prepare",
        ...new Array(2).fill("Request insert ks.t prepared=execute batch=true"),
      ],
    },
    {
      name: "ids and texts",
      l7: RULES,
      steps: [...LEARN, ["client", requests.batch([DELETE, { ...ID, ...VALUES }, DELETE])]],
      log: [
        "Request insert ks.t prepared=prepare",
        DELETED,
        "Request insert ks.t prepared=execute batch=true",
        DELETED,
      ],
    },
    passes(
      "names of values, which plain reading cannot make sense of",
      [
        [
          { ...INSERT, values: ["v"], names: ["name"] },
          { ...DELETE, values: [null], names: ["b"] },
        ],
        { named: true },
      ],
      [INSERTED, DELETED],
    ),
    {
      name: "the server refuses it: one record, and the rule of the batch's own",
      l7: RULES,
      steps: [
        ["client", requests.batch([INSERT, DELETE])],
        ["server", responses.error(0x1100, "timeout")],
      ],
      log: [INSERTED, DELETED, "Response batch=true error=0x1100 Write timeout"],
    },
  ]);

  it("as many statements as there may be, and none with more: as a text, with a keyspace of its own, or as a message", () => {
    const connection = startedConnection({ l7: RULES });
    connection.fromClient(requests.prepare(INSERT.text));
    connection.fromServer(responses.resultPrepared("i"));
    const text = (count: number): string => `BEGIN BATCH ${`${INSERT.text};`.repeat(count)} APPLY BATCH`;
    for (const [index, batchOf] of [
      (count: number) => requests.batch(new Array(count).fill({ id: "i" })),
      (count: number) => requests.query(text(count), { stream: 1 }),
      (count: number) => requests.query(text(count), { stream: 2, keyspace: "ks" }),
    ].entries()) {
      connection.takeToServer();
      connection.fromClient(batchOf(BATCH_STATEMENTS_MAX + 1));
      assert.equal(connection.takeToServer(), "");
      assert.match(
        connection.records.at(-1)?.fields["status"] ?? "",
        /not understood: a batch of more than 4096 statements/,
      );
      connection.fromClient(batchOf(BATCH_STATEMENTS_MAX));
      assert.equal(connection.takeToServer() === batchOf(BATCH_STATEMENTS_MAX), true);
      assert.equal(connection.count("Request"), 1 + (index + 1) * BATCH_STATEMENTS_MAX);
    }
  });
});

function refused(name: string, children: Batch[0], log: readonly string[], options: Batch[1] = {}): ExchangeCase {
  const learn = requests.prepare(INSERT.text);
  return {
    name,
    l7: RULES,
    steps: [...LEARN, ["client", requests.batch(children, options)]],
    toServer: learn,
    toClient: LEARNT + unauthorized(),
    log: ["Request insert ks.t prepared=prepare", ...log],
  };
}

const notUnderstood = (reason: string): string => `Denied batch=true status=not understood: ${reason}`;

describe("cassandra: batches that do not pass", () => {
  exchangeTests([
    refused(
      "one denied statement refuses all",
      [INSERT, DENIED, DELETE],
      [
        `Request insert ks.t batch=true ${NOT_SENT}`,
        "Denied delete ks.secret batch=true",
        `Request delete ks.t batch=true ${NOT_SENT}`,
      ],
    ),
    refused(
      "the last one is denied, by its id",
      [DELETE, ID, DENIED],
      [
        `Request delete ks.t batch=true ${NOT_SENT}`,
        `Request insert ks.t prepared=execute batch=true ${NOT_SENT}`,
        "Denied delete ks.secret batch=true",
      ],
    ),
    refused("all are denied", [DENIED, DENIED], new Array(2).fill("Denied delete ks.secret batch=true")),
    refused(
      "a conditional statement that may not read",
      [{ text: `${INSERT.text} IF NOT EXISTS` }],
      ["Denied insert, select ks.t batch=true"],
    ),
    refused("none at all", [], [notUnderstood("a batch without statements")]),
    refused(
      "a USE",
      [INSERT, { text: "USE ks" }],
      [`Request insert ks.t batch=true ${NOT_SENT}`, "Denied use ks batch=true", notUnderstood("a USE within a batch")],
    ),
  ]);

  it("a statement that is not understood: the others are judged all the same", () => {
    const connection = startedConnection({ l7: RULES });
    connection.fromClient(requests.batch([INSERT, BOGUS, DENIED]));
    assert.equal(connection.takeToServer(), "");
    assert.equal(connection.takeToClient(), unauthorized());
    const log = logOf(connection.records);
    assert.deepEqual(log.slice(0, 2), [
      `Request insert ks.t batch=true ${NOT_SENT}`,
      "Denied delete ks.secret batch=true",
    ]);
    assert.match(log[2] ?? "", /^Denied batch=true status=not understood: /);
    assert.equal(log.length, 3);
  });

  it("a USE that policy allows, and a prepared one: refused even so", () => {
    for (const child of [{ text: "USE ks" }, { id: "use" }]) {
      const connection = startedConnection();
      connection.fromClient(requests.prepare("USE ks"));
      connection.fromServer(responses.resultPrepared("use"));
      connection.takeToServer();
      connection.takeToClient();
      connection.fromClient(requests.batch([INSERT, child]));
      assert.equal(connection.takeToServer(), "");
      assert.equal(connection.takeToClient(), unauthorized());
      connection.fromClient(requests.query("SELECT a FROM t"));
      assert.equal(logOf(connection.records).at(-1), "Request select .t");
    }
  });

  it("another batch, as text or prepared: refused, and however many come, no record of what they need", () => {
    const text = `BEGIN BATCH ${INSERT.text}; ${INSERT.text}; APPLY BATCH`;
    for (const child of [{ text }, { id: "batch" }]) {
      const connection = startedConnection({ l7: RULES });
      connection.fromClient(requests.prepare(text));
      connection.fromServer(responses.resultPrepared("batch"));
      connection.takeToServer();
      connection.takeToClient();
      connection.records.length = 0;
      connection.fromClient(requests.batch([INSERT, child, child, child]));
      assert.equal(connection.takeToServer(), "");
      assert.equal(connection.takeToClient(), unauthorized());
      assert.deepEqual(logOf(connection.records), [
        `Request insert ks.t batch=true ${NOT_SENT}`,
        notUnderstood("a batch within a batch"),
      ]);
    }
  });

  exchangeTests([
    {
      name: "an unknown id: the first one, when all else is allowed",
      l7: RULES,
      steps: [["client", requests.batch([INSERT, UNKNOWN, { id: "another" }])]],
      toServer: "",
      toClient: unprepared(UNKNOWN.id),
      log: [
        `Request insert ks.t batch=true ${NOT_SENT}`,
        "Denied prepared=execute batch=true error=0x2500 Unprepared status=nobody has prepared the statement here",
      ],
    },
    {
      name: "an unknown id with a denied statement: to prepare it would not help",
      l7: RULES,
      steps: [["client", requests.batch([UNKNOWN, DENIED])]],
      toServer: "",
      toClient: unauthorized(),
      log: ["Denied delete ks.secret batch=true"],
    },
  ]);
});

/** A BATCH of type 0 with one child of this kind, consistency and flags. */
function childrenOf(child: string, { kind = 0, count = 1, type = 0, flags = 0, tail = "" } = {}): string {
  return byte(type) + short(count) + byte(kind) + child + short(1) + byte(flags) + tail;
}

function withMessage(message: string, version = 4): string {
  return request(Opcode.Batch, message, { version });
}

function malformed(name: string, message: string, reason: RegExp, version = 4): ExchangeCase {
  return {
    name,
    version,
    steps: [["client", withMessage(message, version)]],
    toServer: "",
    violation: { version, message: reason },
  };
}

describe("cassandra: batches that are malformed", () => {
  const text = longString(INSERT.text);
  const none = short(0);
  const LENGTH = /at odds with its length/;
  exchangeTests([
    malformed("a type that there is not", childrenOf(text + none, { type: 3 }), /a BATCH of type 3/),
    malformed("a kind that there is not", childrenOf(text + none, { kind: 2 }), /of kind 2/),
    malformed("an empty message", "", LENGTH),
    malformed("more statements than said", childrenOf(`${text + none}\0${text}${none}`), LENGTH),
    malformed("fewer statements than said", childrenOf(text + none, { count: 2 }), LENGTH),
    malformed("statements said, and none there", byte(0) + short(1), LENGTH),
    malformed("a text below 0", childrenOf(int(-1) + none), LENGTH),
    malformed("a text that is longer than the frame", childrenOf(int(999) + INSERT.text + none), LENGTH),
    malformed("a text whose length wraps around", childrenOf(int(0x7fffffff) + INSERT.text + none), LENGTH),
    malformed("an id that is longer than the frame", childrenOf(short(999) + none, { kind: 1 }), LENGTH),
    malformed("more values than there are", childrenOf(text + short(9)), LENGTH),
    malformed("a value that is longer than the frame", childrenOf(text + short(1) + int(999)), LENGTH),
    malformed("a length below unset", childrenOf(text + short(1) + int(-3)), LENGTH),
    malformed("the lowest length", childrenOf(text + short(1) + int(-(2 ** 31))), LENGTH),
    malformed("no consistency", `${byte(0)}${short(1)}\0${text}${none}`, /without consistency and flags/),
    malformed("no flags", childrenOf(text + none).slice(0, -1), /without consistency and flags/),
    malformed("more behind", childrenOf(text + none, { tail: "!" }), LENGTH),
    malformed("no serial consistency", childrenOf(text + none, { flags: 0x10, tail: "\0" }), LENGTH),
    malformed("no timestamp", childrenOf(text + none, { flags: 0x20, tail: "\0" }), LENGTH),
    malformed("no keyspace", childrenOf(text + none, { flags: 0x80 }), LENGTH),
    malformed("a keyspace that is cut off", childrenOf(text + none, { flags: 0x80, tail: "\0\x09ks" }), LENGTH),
    // Of other requests. A server that knows them here reads the keyspace elsewhere.
    ...[0x01, 0x02, 0x04, 0x08].map((flag) =>
      malformed(`flag ${flag}`, childrenOf(text + none, { flags: 0x80 | flag, tail: string("ks") }), /with flags 0x8/),
    ),
    malformed(
      "said to have names, but can be read without",
      childrenOf(text + none, { flags: 0x40 }),
      /does not tell rightly whether its values have names/,
    ),
  ]);

  // Without names: an empty value, and an id of 293 bytes. With names: no name, a value of 257 bytes, and behind it a
  // statement, which is the end of that id.
  const secret = `\0${longString("DELETE FROM ks.secret WHERE a=1")}`;
  const id = "f".repeat(256) + secret;
  const inBothWays = (flags: number): string => {
    const values = short(1) + int(0) + byte(1) + short(256 + secret.length) + id + none;
    return `${byte(0)}${short(2)}\0${text}${values}${short(1)}${byte(flags)}`;
  };

  it("read as without names where it can be, and has no flag for them", () => {
    const connection = startedConnection({ l7: RULES });
    connection.fromClient(requests.prepare(INSERT.text));
    connection.fromServer(responses.resultPrepared(id));
    connection.takeToServer();
    connection.fromClient(withMessage(inBothWays(0)));
    assert.equal(connection.takeToServer(), withMessage(inBothWays(0)));
    assert.deepEqual(logOf(connection.records).slice(1), [
      "Request insert ks.t batch=true",
      "Request insert ks.t prepared=execute batch=true",
    ]);
  });

  exchangeTests([
    malformed(
      "two readers find different statements",
      inBothWays(0x40),
      /does not tell rightly whether its values have names/,
    ),
  ]);

  it("whatever byte of one is changed, what passes is what was judged", () => {
    const frame = requests.batch([
      { ...INSERT, values: ["v", null] },
      { ...DELETE, values: [""] },
    ]);
    for (let index = 9; index < frame.length; index++) {
      for (const change of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
        const changed = frame.slice(0, index) + byte(change) + frame.slice(index + 1);
        const connection = startedConnection({ l7: RULES });
        connection.fromClient(changed);
        const sent = connection.takeToServer();
        const records = logOf(connection.records);
        if (sent === "") {
          assert.match(connection.takeToClient(), /Request Unauthorized$|at odds|of type|kind|flags|names/);
        } else {
          assert.equal(sent, changed);
          assert.deepEqual(records, [INSERTED, DELETED]);
        }
      }
    }
  });
});
