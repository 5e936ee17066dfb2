import { formatNumber, formatTable } from "../table.ts";
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
