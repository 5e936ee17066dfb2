import { r2d2 } from "../../src/parsers/r2d2/parser.ts";
import type { MicroBenchmark } from "./benchmark.ts";
import { exchangeBenchmark } from "./exchange-benchmark.ts";
import { keyCounter } from "./key-counter.ts";

export function r2d2Benchmarks(): readonly MicroBenchmark[] {
  const request = Buffer.from("READ public/file-000000\r\n");
  const exchanges = [{ request: [request], reply: [Buffer.from("OK\r\n")] }];
  const rules = [{ cmd: "READ", file: "^public/" }];
  const name = "r2d2 line and answer";
  return [exchangeBenchmark({ name, extension: r2d2, rules, exchanges, vary: keyCounter([request]) })];
}
