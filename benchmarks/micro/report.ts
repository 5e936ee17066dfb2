import { formatNumber, formatTable } from "../table.ts";
import type { MicroBenchmark as MatcherResult } from "./matcher.ts";
import type { MicroResult } from "./measure.ts";

export function formatMicroResults(results: readonly MicroResult[]): string {
  return formatTable(
    ["", "per", "ns", "best round, ns", "allocations", "allocated bytes"],
    results.map((result) => [
      result.name,
      result.unit,
      formatNumber(result.nanoseconds),
      formatNumber(result.nanosecondsMin),
      result.allocations.toFixed(1),
      formatNumber(result.allocatedBytes),
    ]),
  );
}

export function formatMatcherResults(results: readonly MatcherResult[]): string {
  return formatTable(
    ["", "ns"],
    results.map(({ name, value }) => [name, formatNumber(value)]),
  );
}
