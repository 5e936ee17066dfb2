import { r2d2 } from "../../src/parsers/r2d2/parser.ts";
import type { MicroBenchmark } from "./benchmark.ts";
import { exchangeBenchmark } from "./exchange-benchmark.ts";
import { KEYS } from "./memcached.ts";

export function r2d2Benchmarks(): readonly MicroBenchmark[] {
  const exchanges = Array.from({ length: KEYS }, (_, index) => ({
    request: [Buffer.from(`READ public/file-${String(index).padStart(6, "0")}\r\n`)],
    reply: [Buffer.from("OK\r\n")],
  }));
  const rules = [{ cmd: "READ", file: "^public/" }];
  return [exchangeBenchmark({ name: "r2d2 line and answer", extension: r2d2, rules, exchanges })];
}
