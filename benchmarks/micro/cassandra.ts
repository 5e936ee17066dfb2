import { createHash } from "node:crypto";
import { cassandra } from "../../src/parsers/cassandra/parser.ts";
import { type BatchChild, batch, execute, prepare, query, startup } from "../../test/cassandra/cql-request.ts";
import { error, ready, resultPrepared, resultRows, resultVoid } from "../../test/cassandra/cql-response.ts";
import type { RuleFields } from "./bench-connection.ts";
import type { MicroBenchmark } from "./benchmark.ts";
import { type Exchange, type ExchangeOptions, exchangeBenchmark, inPieces } from "./exchange-benchmark.ts";
import { keyCounter, keyOf } from "./key-counter.ts";

/** So many requests are made in turn where they vary and each needs bytes of its own. */
const REQUESTS = 10_000;
const PIPELINED = [1, 32, 2_048];
const STATEMENTS = 100;
const BATCH_CHILDREN = 10;
const VALUE_BYTES = 100;
const LARGE_BYTES = 102_400;
const PIECE_BYTES = 16_384;
const RULE_COUNTS = [1, 100, 10_000];
const UNAUTHORIZED = error(0x2100, "Request Unauthorized");

const READ_AND_WRITE: readonly RuleFields[] = [
  { query_action: "select", query_table: "^bench\\.records$" },
  { query_action: "insert", query_table: "^bench\\.records$" },
];
const VALUE = "v".repeat(VALUE_BYTES);
const KEY = keyOf(0);

const selectOf = (table: string, key: string): string => `SELECT v FROM bench.${table} WHERE k = '${key}'`;
const SELECT = selectOf("records", KEY);
const INSERT = `INSERT INTO bench.records (k, v) VALUES ('${KEY}', '${VALUE}')`;
const PREPARED_INSERT = "INSERT INTO bench.records (k, v) VALUES (?, ?)";

/** As long as one another: the exchanges of a benchmark are. */
const WRITES: readonly string[] = [
  `INSERT INTO bench.records (k, v) VALUES ('${KEY}', 'a value')`,
  `UPDATE bench.records SET v = 'a value' WHERE k = '${KEY}'`,
  `DELETE FROM bench.records WHERE k = '${KEY}'`,
].map((text) => text.padEnd(80));

/** A driver asks for pages and for the metadata only once. */
const PARAMETERS = { pageSize: 5_000 };
const BOUND = { ...PARAMETERS, skipMetadata: true };

function bytes(frame: string): Buffer {
  return Buffer.from(frame, "latin1");
}

function exchangeOf(request: string, reply: string): Exchange {
  return { request: [bytes(request)], reply: reply === "" ? [] : [bytes(reply)] };
}

function row(value: string, stream = 0): string {
  return resultRows({ keyspace: "bench", table: "records", columns: ["v"], rows: [[value]] }, { stream });
}

const GREETING = exchangeOf(startup(), ready());

/** As Cassandra makes them: the MD5 digest of the text. */
function idOf(statement: number): string {
  return createHash("md5").update(preparedText(statement)).digest().toString("latin1");
}

function preparedText(statement: number): string {
  return `SELECT v FROM bench.records WHERE k = ? LIMIT ${statement + 1}`;
}

function prepareExchange(text: string, id: string): Exchange {
  const columns = (names: readonly string[]) => ({ keyspace: "bench", table: "records", columns: names });
  return exchangeOf(prepare(text), resultPrepared(id, {}, columns(["k"]), columns(["v"])));
}

/** Distinct statements, each with its id. */
function prepareAll(count: number): readonly Exchange[] {
  return Array.from({ length: count }, (_, index) => prepareExchange(preparedText(index), idOf(index)));
}

/** One exchange in which some digits count on every time. */
function varied(request: string, reply: string): Pick<ExchangeOptions, "exchanges" | "vary"> {
  const exchange = exchangeOf(request, reply);
  return { exchanges: [exchange], vary: keyCounter([...exchange.request, ...exchange.reply]) };
}

/** `depth` requests, each on a stream of its own, and their answers, each in one piece. */
function pipelines(depth: number, requestOf: (stream: number, key: string) => string): readonly Exchange[] {
  return Array.from({ length: Math.ceil(REQUESTS / depth) }, (_, turn) => {
    const streams = Array.from({ length: depth }, (_, stream) => stream);
    const requests = streams.map((stream) => requestOf(stream, keyOf(turn * depth + stream)));
    return exchangeOf(requests.join(""), streams.map((stream) => row(VALUE, stream)).join(""));
  });
}

function executeOf(statement: number, key: string, stream = 0): string {
  return execute(idOf(statement), { ...BOUND, values: [key], stream });
}

function byteByByte(): readonly Exchange[] {
  return pipelines(1, (stream, key) => query(selectOf("records", key), { ...PARAMETERS, stream }))
    .slice(0, 64)
    .map(({ request, reply }) => ({ request: inPieces(request[0]!, 1), reply: inPieces(reply[0]!, 1) }));
}

/** The handshake, and one extension for each benchmark: what one has prepared, the others do not know. */
function cqlBenchmark(
  options: Omit<ExchangeOptions, "extension" | "rules"> & Partial<ExchangeOptions>,
): MicroBenchmark {
  const before = [GREETING, ...(options.before ?? [])];
  return exchangeBenchmark({ extension: cassandra(), rules: READ_AND_WRITE, ...options, before });
}

function queryBenchmarks(): readonly MicroBenchmark[] {
  const denied = query(selectOf("secrets", KEY), PARAMETERS);
  return [
    cqlBenchmark({ name: QUERY, ...varied(query(SELECT, PARAMETERS), row(VALUE)) }),
    cqlBenchmark({
      name: "CQL QUERY and row, always the same text",
      exchanges: [exchangeOf(query(SELECT, PARAMETERS), row(VALUE))],
    }),
    cqlBenchmark({ name: "CQL QUERY that inserts", ...varied(query(INSERT, PARAMETERS), resultVoid()) }),
    cqlBenchmark({
      name: "CQL QUERYs that insert, update and delete in turn",
      rules: ["insert", "update", "delete"].map((action) => ({
        query_action: action,
        query_table: "^bench\\.records$",
      })),
      exchanges: WRITES.map((text) => exchangeOf(query(text, PARAMETERS), resultVoid())),
    }),
    cqlBenchmark({ name: "CQL QUERY, denied", ...varied(denied, ""), denialBytes: UNAUTHORIZED.length }),
    ...PIPELINED.map((depth) =>
      cqlBenchmark({
        name: cqlPipelineName("QUERY", depth),
        exchanges: pipelines(depth, (stream, key) => query(selectOf("records", key), { ...PARAMETERS, stream })),
        requestsEach: depth,
      }),
    ),
    cqlBenchmark({ name: "CQL QUERY and row, byte by byte", exchanges: byteByByte() }),
    cqlBenchmark({
      name: "CQL QUERY and result of 100 KiB in pieces of 16 KiB",
      exchanges: [
        {
          request: [bytes(query(SELECT, PARAMETERS))],
          reply: inPieces(bytes(row("x".repeat(LARGE_BYTES))), PIECE_BYTES),
        },
      ],
    }),
  ];
}

function preparedBenchmarks(): readonly MicroBenchmark[] {
  const several = Array.from({ length: STATEMENTS }, (_, index) => exchangeOf(executeOf(index, KEY), row(VALUE)));
  // The key is counted on in the id as well, at its end.
  const prepared = prepareExchange(`${SELECT} AND v = ?`, idOf(0).slice(0, -KEY.length) + KEY);
  return [
    cqlBenchmark({ name: EXECUTE, before: prepareAll(1), ...varied(executeOf(0, KEY), row(VALUE)) }),
    cqlBenchmark({
      name: `CQL EXECUTE and row, ${STATEMENTS} statements in turn`,
      before: prepareAll(STATEMENTS),
      exchanges: several,
    }),
    ...PIPELINED.map((depth) =>
      cqlBenchmark({
        name: cqlPipelineName("EXECUTE", depth),
        before: prepareAll(1),
        exchanges: pipelines(depth, (stream, key) => executeOf(0, key, stream)),
        requestsEach: depth,
      }),
    ),
    cqlBenchmark({
      name: "CQL PREPARE and Prepared, texts and ids vary",
      exchanges: [prepared],
      vary: keyCounter([...prepared.request, ...prepared.reply]),
    }),
  ];
}

/** Ten inserts: as texts, and as one prepared statement with other values. */
function batchBenchmarks(): readonly MicroBenchmark[] {
  const childrenOf = (child: BatchChild): readonly BatchChild[] => Array.from({ length: BATCH_CHILDREN }, () => child);
  const texts = batch(childrenOf({ text: INSERT }));
  const prepared = batch(childrenOf({ id: idOf(0), values: [KEY, VALUE] }));
  return [
    cqlBenchmark({ name: `CQL BATCH of ${BATCH_CHILDREN} texts`, ...varied(texts, resultVoid()) }),
    cqlBenchmark({
      name: `CQL BATCH of ${BATCH_CHILDREN} prepared statements`,
      before: [prepareExchange(PREPARED_INSERT, idOf(0))],
      ...varied(prepared, resultVoid()),
    }),
  ];
}

/** More and more rules of which only the last fits; the tables vary. */
function ruleBenchmarks(): readonly MicroBenchmark[] {
  return RULE_COUNTS.map((count) => {
    const others = Array.from({ length: count - 1 }, (_, index) => ({
      query_action: "select",
      query_table: `^tenant_${index}\\.[a-z]+$`,
    }));
    const rules = [...others, { query_action: "select", query_table: "^bench\\.t_[0-9]+$" }];
    const text = selectOf(`t_${KEY.slice(-6)}`, "a key");
    return cqlBenchmark({ name: cqlRulesName(count), rules, ...varied(query(text, PARAMETERS), row(VALUE)) });
  });
}

export const QUERY = "CQL QUERY and row";
export const EXECUTE = "CQL EXECUTE and row";

export function cqlPipelineName(request: "QUERY" | "EXECUTE", depth: number): string {
  return `CQL ${request}, ${depth.toLocaleString("en-US")} in one piece`;
}

export function cqlRulesName(count: number): string {
  const rules = count === 1 ? "rule" : "rules";
  return `CQL QUERY and row, tables vary, ${count.toLocaleString("en-US")} ${rules} (regex with a literal)`;
}

export function cassandraBenchmarks(): readonly MicroBenchmark[] {
  return [...queryBenchmarks(), ...preparedBenchmarks(), ...batchBenchmarks(), ...ruleBenchmarks()];
}
