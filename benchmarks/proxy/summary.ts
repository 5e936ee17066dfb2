import { median } from "../statistics.ts";
import { NODE_PIPE } from "./candidate.ts";
import type { ProxyResults } from "./suite.ts";
import type { Sample } from "./turn.ts";

/** Medians over the rounds of one candidate under one mode. */
export interface Summary {
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuSecondsPerMillion: number;
  /** Median of the ratios to `base` taken round by round: what disturbed a round disturbed both sides of its ratio. */
  readonly requestsToBase: number;
  readonly cpuToBase: number;
  /** CPU time of a request that `base` does not need, in microseconds: the median of the differences round by round. */
  readonly cpuUsAboveBase: number;
  readonly candidateBusy: number;
  readonly loadBusy: number;
  readonly serverBusy: number;
  /** The highest of all rounds. */
  readonly memoryPeakMib: number;
}

/**
 * @param base The candidate that it is compared with.
 * @returns undefined: nothing was measured.
 */
export function summarize(
  results: ProxyResults,
  mode: string,
  candidate: string,
  base: string = NODE_PIPE,
): Summary | undefined {
  const of = (name: string): Sample[] =>
    results.samples.filter((sample) => sample.mode === mode && sample.candidate === name);
  const samples = of(candidate);
  if (samples.length === 0) return undefined;
  const bases = new Map(of(base).map((sample) => [sample.round, sample]));
  const medianOf = (value: (sample: Sample) => number): number => median(samples.map(value));
  const compare = (how: (sample: Sample, beside: Sample) => number): number =>
    median(
      samples.flatMap((sample) => {
        const beside = bases.get(sample.round);
        return beside === undefined ? [] : [how(sample, beside)];
      }),
    );
  return {
    requestsPerSecond: medianOf((sample) => sample.requestsPerSecond),
    p50Us: medianOf((sample) => sample.p50Us),
    p99Us: medianOf((sample) => sample.p99Us),
    cpuSecondsPerMillion: medianOf((sample) => sample.cpuSecondsPerMillion),
    requestsToBase: compare((sample, beside) => sample.requestsPerSecond / beside.requestsPerSecond),
    cpuToBase: compare((sample, beside) => sample.cpuSecondsPerMillion / beside.cpuSecondsPerMillion),
    // Seconds for a million requests are microseconds for one.
    cpuUsAboveBase: compare((sample, beside) => sample.cpuSecondsPerMillion - beside.cpuSecondsPerMillion),
    candidateBusy: medianOf((sample) => sample.candidateBusy),
    loadBusy: medianOf((sample) => sample.loadBusy),
    serverBusy: medianOf((sample) => sample.serverBusy),
    memoryPeakMib: Math.max(...samples.map((sample) => sample.memoryPeakMib)),
  };
}
