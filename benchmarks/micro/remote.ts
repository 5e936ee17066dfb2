import getAndSet from "../extension/get-and-set.ts";
import type { MicroBenchmark } from "./benchmark.ts";
import { type Exchange, type ExchangeOptions, exchangeBenchmark, inPieces } from "./exchange-benchmark.ts";
import { keyCounter, keyOf } from "./key-counter.ts";
import { replayBenchmark } from "./remote-host.ts";
import { RemotePair } from "./remote-pair.ts";

const RULES = [
  { command: "get", keyPrefix: "key-" },
  { command: "set", keyPrefix: "key-" },
];
const DEPTHS = [1, 32];
const SMALL_BYTES = 100;
const LARGE_BYTES = 102_400;
const PIECE_BYTES = 16_384;

type Load = Pick<ExchangeOptions, "exchanges" | "vary" | "requestsEach">;

/** Gets, and their hits, each in one piece; the keys are others every time. */
function gets(count: number): Load {
  const keys = Array.from({ length: count }, (_, index) => keyOf(index));
  const request = Buffer.from(keys.map((key) => `get ${key}\r\n`).join(""));
  const reply = Buffer.from(keys.map((key) => hitOf(key, SMALL_BYTES)).join(""));
  const exchanges: readonly Exchange[] = [{ request: [request], reply: [reply] }];
  return count === 1 ? { exchanges, vary: keyCounter([request, reply]) } : { exchanges, requestsEach: count };
}

function largeGet(): Load {
  const reply = inPieces(Buffer.from(hitOf(keyOf(0), LARGE_BYTES)), PIECE_BYTES);
  return { exchanges: [{ request: [Buffer.from(`get ${keyOf(0)}\r\n`)], reply }] };
}

function hitOf(key: string, length: number): string {
  return `VALUE ${key} 0 ${length}\r\n${"v".repeat(length)}\r\nEND\r\n`;
}

/** The same extension called by the engine, and behind the protocol: what differs is what owner and host spend on that. */
export function remoteBenchmarks(): readonly MicroBenchmark[] {
  const works: readonly (readonly [string, () => Load])[] = [
    ...DEPTHS.map((depth) => [`get and hit, ${depth} in one piece`, () => gets(depth)] as const),
    ["get and 100 KiB in pieces of 16 KiB", largeGet],
  ];
  return works.flatMap(([work, load]) => {
    const pair = new RemotePair(getAndSet);
    const common = { rules: RULES };
    return [
      exchangeBenchmark({ ...common, ...load(), name: `extension: ${work}`, extension: getAndSet }),
      exchangeBenchmark({
        ...common,
        ...load(),
        name: `extension: ${work}, remote, both sides`,
        extension: pair.extension,
        deliver: () => pair.deliver(),
      }),
      replayBenchmark({ ...common, ...load(), name: `extension: ${work}, remote, its host`, extension: getAndSet }),
    ];
  });
}
