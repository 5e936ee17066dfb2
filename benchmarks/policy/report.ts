import { formatNumber, formatTable } from "../table.ts";
import type { ScaleResult } from "./scale.ts";

export function formatScaleResults(results: readonly ScaleResult[]): string {
  return formatTable(
    [
      "identities",
      "rules",
      "of the endpoint",
      "import, µs",
      "removal, µs",
      "arrival, µs",
      "departure, µs",
      "label change, µs",
      "first look-up, µs",
      "all anew, ms",
      "heap, MiB",
    ],
    results.map((result) => [
      result.identities.toLocaleString("en-US"),
      result.rules.toLocaleString("en-US"),
      result.ownRules.toLocaleString("en-US"),
      ...[
        result.importRuleUs,
        result.removeRuleUs,
        result.arrivalUs,
        result.departureUs,
        result.labelChangeUs,
        result.lookupUs,
        result.recomputeMs,
        result.heapMib,
      ].map(formatNumber),
    ]),
  );
}
