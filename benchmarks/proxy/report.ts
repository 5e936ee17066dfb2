import { formatNumber, formatRatio, formatTable } from "../table.ts";
import type { ProxyResults } from "./suite.ts";
import { summarize } from "./summary.ts";

const HEAD = [
  "",
  "requests/s",
  "× pipe",
  "p50 µs",
  "p99 µs",
  "CPU-s per million",
  "CPU × pipe",
  "busy",
  "load",
  "server",
  "peak MiB",
];

/** One table for each mode. */
export function formatProxyResults(results: ProxyResults): string {
  return results.modes
    .map((mode) => {
      const rows = results.candidates.flatMap((candidate) => {
        const summary = summarize(results, mode.name, candidate);
        if (summary === undefined) return [];
        return [
          [
            candidate,
            Math.round(summary.requestsPerSecond).toLocaleString("en-US"),
            formatRatio(summary.requestsToBase),
            formatNumber(summary.p50Us),
            formatNumber(summary.p99Us),
            formatNumber(summary.cpuSecondsPerMillion),
            formatRatio(summary.cpuToBase),
            formatRatio(summary.candidateBusy),
            formatRatio(summary.loadBusy),
            formatRatio(summary.serverBusy),
            formatNumber(summary.memoryPeakMib),
          ],
        ];
      });
      const failed = results.failures
        .filter((failure) => failure.mode === mode.name)
        .map((failure) => `\n- ${failure.candidate} failed: ${failure.reason}`);
      return `### ${mode.name}\n\n${formatTable(HEAD, rows)}\n${failed.join("")}`;
    })
    .join("\n");
}
