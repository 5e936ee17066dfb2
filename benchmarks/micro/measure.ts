import { median } from "../statistics.ts";
import { measureAllocations } from "./allocations.ts";
import type { MicroBenchmark } from "./benchmark.ts";

export interface MicroOptions {
  readonly rounds: number;
  /** CPU time that one turn of one benchmark takes. */
  readonly turnMs: number;
  /** How long each benchmark runs before anything is measured, so that its code is compiled. */
  readonly warmupMs: number;
  readonly tell: (message: string) => void;
}

export interface MicroResult {
  readonly name: string;
  readonly unit: string;
  /** Of CPU time, garbage collection included: median over the rounds, and the best round. */
  readonly nanoseconds: number;
  readonly nanosecondsMin: number;
  /** Memory allocated by one unit, on average. */
  readonly allocatedBytes: number;
  readonly allocations: number;
}

/** Measures all benchmarks in turn, round by round, so that noise hits all alike. */
export function measureAll(benchmarks: readonly MicroBenchmark[], options: MicroOptions): readonly MicroResult[] {
  // First all are warmed up: in a running agent, too, the engine serves several protocols.
  const counts = benchmarks.map((benchmark) => warmUp(benchmark, options));
  const times = benchmarks.map((): number[] => []);
  for (let round = 0; round < options.rounds; round++) {
    benchmarks.forEach((benchmark, index) => {
      times[index]?.push(timeOf(benchmark, counts[index] as number));
    });
    options.tell(`Round ${round + 1} of ${options.rounds} is done.`);
  }
  return benchmarks.map((benchmark, index) => {
    const nanoseconds = times[index] as number[];
    return {
      name: benchmark.name,
      unit: benchmark.unit,
      nanoseconds: median(nanoseconds),
      nanosecondsMin: Math.min(...nanoseconds),
      ...measureAllocations(benchmark),
    };
  });
}

/** @returns How many units make one turn. */
function warmUp(benchmark: MicroBenchmark, options: MicroOptions): number {
  let count = 1;
  let done = 0;
  let nanosecondsEach = 0;
  const deadline = performance.now() + options.warmupMs;
  do {
    count = Math.min(count * 2, 1_000_000);
    const before = performance.now();
    done = benchmark.run(count);
    nanosecondsEach = ((performance.now() - before) * 1e6) / done;
  } while (performance.now() < deadline);
  return Math.max(1, Math.ceil((options.turnMs * 1e6) / nanosecondsEach));
}

/** CPU nanoseconds for one unit: other programs on the machine disturb them less than the time on the clock. */
function timeOf(benchmark: MicroBenchmark, count: number): number {
  globalThis.gc?.();
  // A forced collection also throws compiled code away, which no running agent does: what follows at once is not measured.
  benchmark.run(Math.ceil(count / 4));
  const before = process.cpuUsage();
  const done = benchmark.run(count);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / done;
}
