import { memcache } from "../../src/parsers/memcached/parser.ts";
import type { RuleFields } from "./bench-connection.ts";
import type { MicroBenchmark } from "./benchmark.ts";
import { type Exchange, exchangeBenchmark, inPieces } from "./exchange-benchmark.ts";

/** So many keys are asked in turn that no cache of decisions can answer from the last few. */
export const KEYS = 10_000;
const VALUE_BYTES = 100;
const PIPELINED = [1, 32, 2_048];
const LARGE_BYTES = 1_048_576;
const PIECE_BYTES = 16_384;
const DENIAL = "CLIENT_ERROR access denied\r\n";

const READ_AND_WRITE: readonly RuleFields[] = [
  { command: "get", keyPrefix: "key-" },
  { command: "set", keyPrefix: "key-" },
];
const VALUE = "v".repeat(VALUE_BYTES);

export function keyOf(index: number): string {
  return `key-${String(index % KEYS).padStart(6, "0")}`;
}

const getOf = (key: string): string => `get ${key}\r\n`;
const hitOf = (key: string): string => `VALUE ${key} 0 ${VALUE_BYTES}\r\n${VALUE}\r\nEND\r\n`;
const setOf = (key: string): string => `set ${key} 0 0 ${VALUE_BYTES}\r\n${VALUE}\r\n`;

/** `count` requests, and their answers, each in one piece. */
function pipeline(first: number, count: number): Exchange {
  const keys = Array.from({ length: count }, (_, index) => keyOf(first + index));
  return { request: [Buffer.from(keys.map(getOf).join(""))], reply: [Buffer.from(keys.map(hitOf).join(""))] };
}

/** A get and its hit for each key in turn. */
export function hits(): readonly Exchange[] {
  return Array.from({ length: KEYS }, (_, index) => pipeline(index, 1));
}

function perKey(request: (key: string) => string, reply: string): readonly Exchange[] {
  return Array.from({ length: KEYS }, (_, index) => ({
    request: [Buffer.from(request(keyOf(index)))],
    reply: reply === "" ? [] : [Buffer.from(reply)],
  }));
}

function byteByByte(): readonly Exchange[] {
  return hits()
    .slice(0, 64)
    .map(({ request, reply }) => ({ request: inPieces(request[0]!, 1), reply: inPieces(reply[0]!, 1) }));
}

export function memcachedBenchmarks(): readonly MicroBenchmark[] {
  const common = { extension: memcache, rules: READ_AND_WRITE };
  const large = Buffer.from(`set ${keyOf(0)} 0 0 ${LARGE_BYTES}\r\n${"x".repeat(LARGE_BYTES)}\r\n`);
  return [
    exchangeBenchmark({ ...common, name: "memcached get and hit", exchanges: hits() }),
    exchangeBenchmark({ ...common, name: "memcached get and miss", exchanges: perKey(getOf, "END\r\n") }),
    exchangeBenchmark({ ...common, name: "memcached set", exchanges: perKey(setOf, "STORED\r\n") }),
    exchangeBenchmark({
      ...common,
      name: "memcached get, denied",
      exchanges: perKey((key) => getOf(`secret-${key}`), ""),
      denialBytes: DENIAL.length,
    }),
    ...PIPELINED.map((depth) =>
      exchangeBenchmark({
        ...common,
        name: pipelineName(depth),
        exchanges: Array.from({ length: Math.ceil(KEYS / depth) }, (_, index) => pipeline(index * depth, depth)),
        requestsEach: depth,
      }),
    ),
    exchangeBenchmark({
      ...common,
      name: "memcached set of 1 MiB in pieces of 16 KiB",
      exchanges: [{ request: inPieces(large, PIECE_BYTES), reply: [Buffer.from("STORED\r\n")] }],
    }),
    exchangeBenchmark({ ...common, name: "memcached get and hit, byte by byte", exchanges: byteByByte() }),
  ];
}

export function pipelineName(depth: number): string {
  return `memcached gets, ${depth.toLocaleString("en-US")} in one piece`;
}
