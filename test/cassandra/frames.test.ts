// Headers and what stands before messages: native_protocol_v3.spec and native_protocol_v4.spec, section 2.
import { describe } from "node:test";
import { byte, HeaderFlag, int, Opcode, request, response, short } from "./cql-frame.ts";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import { type ExchangeCase, exchangeTests, unauthorized } from "./exchange-case.ts";

const READ = [{ query_action: "select", query_table: "^ks[.]t$" }];
const USE = { query_action: "use", query_table: "^ks$" };
const SELECT = "SELECT a FROM ks.t";
const OTHER = "SELECT a FROM ks.other";
const TRACING = { flags: HeaderFlag.Tracing };
/** Holds what would be an allowed query, if it were read as one. */
const PAYLOAD = { customPayload: { "": null, tenant: "", decoy: "\0\0\0\x12SELECT a FROM ks.t" } };
const LARGE_PAYLOAD = { customPayload: { large: "v".repeat(10_000), "": null, other: "w".repeat(3_000) } };
const TRACING_ID = `${"\x0f".repeat(15)}\x08`;
const PREFIXES = {
  "a tracing id": { tracingId: TRACING_ID },
  warnings: { warnings: ["", "Aggregation query used without partition key", "é".repeat(300)] },
  "no warnings, and a payload": { warnings: [], customPayload: {} },
  "a payload with null": PAYLOAD,
  "a large payload": LARGE_PAYLOAD,
  "all three": { tracingId: TRACING_ID, warnings: ["USE is a bad idea"], ...PAYLOAD },
} as const;

/** A request before which a prefix stands: the one statement that policy allows passes, another does not. */
function prefixed(name: string, options: Parameters<typeof requests.query>[1], version = 4): ExchangeCase {
  const [select, other] = [SELECT, OTHER].map((text) => requests.query(text, { ...options, version, stream: 7 }));
  return {
    name: `QUERY with ${name}, version ${version}`,
    version,
    l7: READ,
    steps: [["client", `${other}${select}`]],
    toServer: select as string,
    toClient: unauthorized(7, version),
    log: ["Denied select ks.other", "Request select ks.t"],
  };
}

describe("cassandra: what stands before the messages of requests", () => {
  exchangeTests([
    prefixed("tracing", TRACING, 3),
    prefixed("tracing", TRACING),
    prefixed("a payload", PAYLOAD),
    prefixed("an empty payload", { customPayload: {} }),
    prefixed("a large payload", LARGE_PAYLOAD),
    prefixed("tracing and a payload", { ...TRACING, ...PAYLOAD }),
    {
      name: "PREPARE and BATCH with a payload",
      l7: READ,
      steps: [
        [
          "client",
          requests.prepare(OTHER, { stream: 1, ...PAYLOAD }) +
            requests.batch([{ text: OTHER }], { stream: 2, ...PAYLOAD }) +
            requests.prepare(SELECT, { stream: 1, ...PAYLOAD }) +
            requests.batch([{ text: SELECT }], { stream: 2, ...PAYLOAD }),
        ],
      ],
      toServer:
        requests.prepare(SELECT, { stream: 1, ...PAYLOAD }) +
        requests.batch([{ text: SELECT }], { stream: 2, ...PAYLOAD }),
      toClient: unauthorized(1) + unauthorized(2),
      log: [
        "Denied select ks.other prepared=prepare",
        "Denied select ks.other batch=true",
        "Request select ks.t prepared=prepare",
        "Request select ks.t batch=true",
      ],
    },
    {
      name: "EXECUTE with a payload",
      l7: READ,
      steps: [
        ["client", requests.prepare(SELECT)],
        ["server", responses.resultPrepared("id")],
        ["client", requests.execute("id", PAYLOAD)],
      ],
      log: ["Request select ks.t prepared=prepare", "Request select ks.t prepared=execute"],
    },
    {
      name: "requests without statements may have them as well",
      steps: [
        [
          "client",
          requests.askOptions({ ...TRACING, ...PAYLOAD }) + requests.register(["X"], { ...PAYLOAD, stream: 1 }),
        ],
      ],
      log: [],
    },
    {
      name: "a STARTUP with a payload",
      fresh: true,
      steps: [
        ["client", requests.startup({}, PAYLOAD)],
        ["server", responses.ready({ tracingId: TRACING_ID })],
        ["client", requests.query(SELECT)],
      ],
    },
  ]);
});

/** What follows an answer shows that it was understood. */
function answered(name: string, prefix: Parameters<typeof responses.error>[2]): readonly ExchangeCase[] {
  const unqualified = requests.query("SELECT a FROM t", { stream: 1 });
  return [
    {
      name: `RESULT Prepared behind ${name}`,
      l7: READ,
      steps: [
        ["client", requests.prepare(SELECT)],
        ["server", responses.resultPrepared("id", prefix)],
        ["client", requests.execute("id")],
      ],
      log: ["Request select ks.t prepared=prepare", "Request select ks.t prepared=execute"],
    },
    {
      name: `RESULT Set_keyspace behind ${name}`,
      l7: [...READ, USE],
      steps: [
        ["client", requests.query("USE ks")],
        ["server", responses.resultSetKeyspace("ks", prefix)],
        ["client", unqualified],
      ],
      log: ["Request use ks", "Request select ks.t"],
    },
    {
      name: `ERROR behind ${name}`,
      steps: [
        ["client", requests.query(SELECT)],
        ["server", responses.error(0x2200, "no such column", prefix)],
      ],
      log: ["Request select ks.t", "Response select ks.t error=0x2200 Invalid"],
    },
    {
      name: `READY and RESULT Void behind ${name}`,
      fresh: true,
      steps: [
        ["client", requests.startup()],
        ["server", responses.ready(prefix)],
        ["client", requests.query(SELECT)],
        ["server", responses.resultVoid(prefix)],
        ["client", requests.query(SELECT)],
      ],
    },
  ];
}

describe("cassandra: what stands before the messages of responses", () => {
  for (const [name, prefix] of Object.entries(PREFIXES)) exchangeTests(answered(name, prefix));
  exchangeTests([
    {
      name: "a prefix that is longer than its frame",
      steps: [
        ["client", requests.query(SELECT)],
        ["server", response(Opcode.Result, short(1) + short(9) + int(1), { flags: HeaderFlag.Warning })],
      ],
      toClient: "",
      closed: /at odds with its length/,
    },
    ...[HeaderFlag.Compression, HeaderFlag.Beta, 0x20, 0x40, 0x80].map(
      (flags): ExchangeCase => ({
        name: `flag 0x${flags.toString(16)} of a response`,
        steps: [
          ["client", requests.query(SELECT)],
          ["server", responses.resultVoid({ flags })],
        ],
        toClient: "",
        closed: /flags/,
      }),
    ),
  ]);
});

/** One frame, which breaks the protocol of a started connection. A request in front of it passes. */
function violation(name: string, frame: string, message: RegExp, stream = 7, version = 4): ExchangeCase {
  const before = requests.query(SELECT, { version, stream: 1 });
  return {
    name,
    version,
    steps: [["client", before + frame + requests.query(SELECT, { version, stream: 2 })]],
    toServer: before,
    toClient: "",
    violation: { stream, version, message },
  };
}

const AT_7 = { stream: 7 };
const query = (options: Parameters<typeof requests.query>[1]): string =>
  requests.query(SELECT, { ...AT_7, ...options });

describe("cassandra: headers that no client may send", () => {
  exchangeTests([
    violation("compressed", query({ flags: HeaderFlag.Compression }), /compress/),
    violation("compressed OPTIONS", requests.askOptions({ ...AT_7, flags: HeaderFlag.Compression }), /compress/),
    violation("compressed, version 3", query({ version: 3, flags: HeaderFlag.Compression }), /compress/, 7, 3),
    violation("a payload in version 3", query({ version: 3, ...PAYLOAD }), /flags 0x04/, 7, 3),
    violation("warnings", query({ flags: HeaderFlag.Warning }), /flags 0x08/),
    violation("beta", query({ flags: HeaderFlag.Beta }), /flags 0x10/),
    ...[0x20, 0x40, 0x80].map((flags) => violation(`flag 0x${flags.toString(16)}`, query({ flags }), /flags/)),
    violation("a length below 0", query({ length: -1 }), /-1 bytes/),
    violation("the lowest length", query({ length: -(2 ** 31) }), /-2147483648 bytes/),
    violation("a length above 256 MB", query({ length: 2 ** 28 + 1 }), /268435457 bytes/),
    violation("the highest length", query({ length: 2 ** 31 - 1 }), /2147483647 bytes/),
    ...[0x00, 0x02, 0x03, 0x04, 0x06, 0x08, 0x0c, 0x0e, 0x10, 0x11, 0x55, 0xff].map((opcode) =>
      violation(`opcode ${opcode}`, request(opcode, "", AT_7), /no request with opcode/),
    ),
    violation("a response", responses.resultVoid(AT_7), /requests, not responses/),
    violation("a response with a request's opcode", response(Opcode.Query, "", AT_7), /requests, not responses/),
    violation("a payload that is longer than its frame", query({ flags: HeaderFlag.CustomPayload }), /length/),
  ]);
});

/** One frame, which a server in its right mind does not send in answer to a QUERY on stream 0. */
function strange(name: string, frame: string, closed: RegExp): ExchangeCase {
  const steps = [
    ["client", requests.query(SELECT) + requests.query(SELECT, { stream: 1 })],
    ["server", responses.resultVoid({ stream: 1 }) + frame + responses.resultVoid()],
  ] as const;
  return { name, steps, toClient: responses.resultVoid({ stream: 1 }), closed };
}

describe("cassandra: frames that no server may send", () => {
  exchangeTests([
    strange("a request", requests.query(SELECT), /responses, not requests/),
    strange("a length below 0", response(Opcode.Result, "", { length: -1 }), /-1 bytes/),
    strange("a length above 256 MB", response(Opcode.Result, "", { length: 2 ** 28 + 1 }), /268435457 bytes/),
    strange("another version", responses.resultVoid({ version: 3 }), /version 3/),
    ...[0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x0c, 0x0e, 0x10, 0x11, 0xff].map((opcode) =>
      strange(`opcode ${opcode}`, response(opcode, int(1)), /does not fit its request/),
    ),
    strange("a RESULT without a kind", response(Opcode.Result, short(1)), /at odds with its length/),
    strange("an ERROR without a code", response(Opcode.Error, short(1)), /at odds with its length/),
    strange("a stream that is not in flight", responses.resultVoid({ stream: 2 }), /not in flight/),
    strange("a stream that was answered", responses.resultVoid({ stream: 1 }), /not in flight/),
    strange(
      "another stream below 0",
      responses.schemaEvent("CREATED", "KEYSPACE", ["k"], { stream: -2 }),
      /not in flight/,
    ),
    strange("an answer on the stream of events", responses.resultVoid({ stream: -1 }), /stream of events/),
    strange("an event on a stream", responses.schemaEvent("CREATED", "KEYSPACE", ["k"], { stream: 0 }), /does not fit/),
  ]);
});

describe("cassandra: messages that end before they are whole", () => {
  const QUERY_END = 4 + SELECT.length;
  exchangeTests([
    ...[Opcode.Query, Opcode.Prepare, Opcode.Execute, Opcode.Batch].flatMap((opcode) =>
      ["", "\0", "\0\x03\0", "\0\x01\0\x01"]
        .slice(0, opcode === Opcode.Execute ? 3 : 4)
        .map((message) =>
          violation(`opcode ${opcode}: ${message.length} bytes`, request(opcode, message, AT_7), /length|consistency/),
        ),
    ),
    violation("a text below 0", request(Opcode.Query, int(-1) + short(1) + byte(0), AT_7), /length/),
    violation("a text longer than the frame", request(Opcode.Query, `${int(99)}SELECT`, AT_7), /length/),
    violation("a text, and no parameters", query({ length: QUERY_END }).slice(0, 9 + QUERY_END), /length/),
    violation("a PREPARE with more", requests.prepare(SELECT, { ...AT_7, rest: "\0\0\0\0" }), /length/),
    // As if what follows were part of it.
    ...[0, 1, 2, 3].map((count) =>
      violation(
        `PREPARE: ${count} bytes of a length`,
        request(Opcode.Prepare, "\xff".repeat(count), AT_7) + int(-4 + count),
        /length/,
      ),
    ),
  ]);
});
