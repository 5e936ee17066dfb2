import { memcache } from "../../src/parsers/memcached/parser.ts";
import type { RuleFields } from "./bench-connection.ts";
import type { MicroBenchmark } from "./benchmark.ts";
import { type Exchange, type ExchangeOptions, exchangeBenchmark, inPieces } from "./exchange-benchmark.ts";
import { KEYS, keyCounter, keyOf } from "./key-counter.ts";

const VALUE_BYTES = 100;
/** 10,000 keys in 10,000 buffers, one each: unlike the benchmarks of a single request, out of the caches. */
const PIPELINED = [1, 32, 2_048];
const LARGE_BYTES = 1_048_576;
const PIECE_BYTES = 16_384;
const DENIAL = "CLIENT_ERROR access denied\r\n";

const READ_AND_WRITE: readonly RuleFields[] = [
  { command: "get", keyPrefix: "key-" },
  { command: "set", keyPrefix: "key-" },
];
const VALUE = "v".repeat(VALUE_BYTES);

const getOf = (key: string): string => `get ${key}\r\n`;
const hitOf = (key: string): string => `VALUE ${key} 0 ${VALUE_BYTES}\r\n${VALUE}\r\nEND\r\n`;
const setOf = (key: string): string => `set ${key} 0 0 ${VALUE_BYTES}\r\n${VALUE}\r\n`;

/** `count` gets, and their hits, each in one piece. */
function pipeline(first: number, count: number): Exchange {
  const keys = Array.from({ length: count }, (_, index) => keyOf(first + index));
  return { request: [Buffer.from(keys.map(getOf).join(""))], reply: [Buffer.from(keys.map(hitOf).join(""))] };
}

/** One exchange whose key is another one every time. */
function varied(request: string, reply: string): Pick<ExchangeOptions, "exchanges" | "vary"> {
  const pieces = [Buffer.from(request)];
  const replyPieces = reply === "" ? [] : [Buffer.from(reply)];
  return { exchanges: [{ request: pieces, reply: replyPieces }], vary: keyCounter([...pieces, ...replyPieces]) };
}

/** A get and its hit. */
export function hit(): Pick<ExchangeOptions, "exchanges" | "vary"> {
  return varied(getOf(keyOf(0)), hitOf(keyOf(0)));
}

function byteByByte(): readonly Exchange[] {
  return Array.from({ length: 64 }, (_, index) => pipeline(index, 1)).map(({ request, reply }) => ({
    request: inPieces(request[0]!, 1),
    reply: inPieces(reply[0]!, 1),
  }));
}

export function memcachedBenchmarks(): readonly MicroBenchmark[] {
  const common = { extension: memcache, rules: READ_AND_WRITE };
  const large = Buffer.from(`set ${keyOf(0)} 0 0 ${LARGE_BYTES}\r\n${"x".repeat(LARGE_BYTES)}\r\n`);
  return [
    exchangeBenchmark({ ...common, name: "memcached get and hit", ...hit() }),
    exchangeBenchmark({ ...common, name: "memcached get and miss", ...varied(getOf(keyOf(0)), "END\r\n") }),
    exchangeBenchmark({ ...common, name: "memcached set", ...varied(setOf(keyOf(0)), "STORED\r\n") }),
    exchangeBenchmark({
      ...common,
      name: "memcached get, denied",
      ...varied(getOf(`secret-${keyOf(0)}`), ""),
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
