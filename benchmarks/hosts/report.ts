import type { Mode } from "../proxy/mode.ts";
import type { ProxyResults } from "../proxy/suite.ts";
import { type Summary, summarize } from "../proxy/summary.ts";
import type { Sample } from "../proxy/turn.ts";
import { median } from "../statistics.ts";
import { formatNumber, formatRatio, formatTable } from "../table.ts";
import { EXTENSION_INSIDE, EXTENSION_OUTSIDE, WITHOUT_HOSTS } from "./groups.ts";

const HEAD = [
  "",
  "processes",
  "requests/s",
  "p50 µs",
  "p99 µs",
  "CPU-s per million",
  "CPU × hosts: 0",
  "requests × hosts: 0",
  "busy",
  "load",
  "server",
  "peak MiB",
  "connections",
];

/** One table for each mode, what the hop to an extension's own process costs, and whether all answers were right. */
export function formatHostsResults(results: ProxyResults): string {
  const tables = results.modes.map((mode) => formatMode(results, mode));
  return [...tables, formatHop(results), formatAnswers(results)].join("\n\n");
}

/** What a candidate is compared with: the same work in one process. */
export function baseOf(results: ProxyResults, mode: string): string {
  const inside = results.samples.some((sample) => sample.mode === mode && sample.candidate === EXTENSION_INSIDE);
  return inside ? EXTENSION_INSIDE : WITHOUT_HOSTS;
}

function formatMode(results: ProxyResults, mode: Mode): string {
  const base = baseOf(results, mode.name);
  const rows = results.candidates.flatMap((candidate) => {
    const summary = summarize(results, mode.name, candidate, base);
    return summary === undefined ? [] : [formatRow(candidate, summary, samplesOf(results, mode.name, candidate))];
  });
  return `### ${mode.name}\n\n${formatTable(HEAD, rows)}`;
}

function formatRow(candidate: string, summary: Summary, samples: readonly Sample[]): readonly string[] {
  return [
    candidate,
    [...new Set(samples.map(({ processes }) => processes))].join(", "),
    Math.round(summary.requestsPerSecond).toLocaleString("en-US"),
    formatNumber(summary.p50Us),
    formatNumber(summary.p99Us),
    formatNumber(summary.cpuSecondsPerMillion),
    formatRatio(summary.cpuToBase),
    formatRatio(summary.requestsToBase),
    formatRatio(summary.candidateBusy),
    formatRatio(summary.loadBusy),
    formatRatio(summary.serverBusy),
    formatNumber(summary.memoryPeakMib),
    formatSpread(samples),
  ];
}

/** `27 + 23`: what the busiest process had, and so on, each the median over the rounds. */
export function formatSpread(samples: readonly Pick<Sample, "spread">[]): string {
  const spreads = samples.flatMap(({ spread }) => (spread === undefined ? [] : [spread]));
  const width = Math.max(0, ...spreads.map(({ length }) => length));
  if (width === 0) return "–";
  return Array.from({ length: width }, (_, place) => median(spreads.map((spread) => spread[place] ?? 0))).join(" + ");
}

function formatHop(results: ProxyResults): string {
  const rows = results.modes.flatMap((mode) => {
    const outside = summarize(results, mode.name, EXTENSION_OUTSIDE, EXTENSION_INSIDE);
    if (outside === undefined) return [];
    const inside = summarize(results, mode.name, EXTENSION_INSIDE, EXTENSION_INSIDE);
    return [
      [
        mode.name,
        formatNumber(inside?.cpuSecondsPerMillion),
        formatNumber(outside.cpuSecondsPerMillion),
        formatNumber(outside.cpuUsAboveBase),
        formatRatio(outside.cpuToBase),
        formatNumber(outside.p50Us - (inside?.p50Us ?? Number.NaN)),
      ],
    ];
  });
  const head = ["", "inside, CPU µs", "outside, CPU µs", "the hop, CPU µs", "outside × inside", "the hop, p50 µs"];
  return `### The hop to an extension's own process, for one request\n\n${formatTable(head, rows)}`;
}

function formatAnswers({ samples, failures }: ProxyResults): string {
  const answers = samples.reduce((sum, { requests }) => sum + requests, 0).toLocaleString("en-US");
  const turns = samples.length.toLocaleString("en-US");
  const compared = `${answers} answers in ${turns} turns were right, byte for byte.`;
  if (failures.length === 0) return `${compared} Wrong or lost: 0.`;
  const reasons = failures.map(({ candidate, mode, reason }) => {
    return `\n- ${candidate}, ${mode === "" ? "at its start" : mode}: ${reason}`;
  });
  return `${compared} Turns that failed: ${failures.length}.\n${reasons.join("")}`;
}

function samplesOf({ samples }: ProxyResults, mode: string, candidate: string): readonly Sample[] {
  return samples.filter((sample) => sample.mode === mode && sample.candidate === candidate);
}
