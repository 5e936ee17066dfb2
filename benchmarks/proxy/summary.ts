import { median } from "../statistics.ts";
import { NODE_PIPE } from "./candidate.ts";
import type { ProxyResults, Sample } from "./suite.ts";

/** Medians over the rounds of one candidate under one mode. */
export interface Summary {
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuSecondsPerMillion: number;
  /** Median of the ratios taken round by round: what disturbed a round disturbed both sides of its ratio. */
  readonly requestsToNodePipe: number;
  readonly cpuToNodePipe: number;
  readonly candidateBusy: number;
  readonly loadBusy: number;
  readonly serverBusy: number;
  /** The highest of all rounds. */
  readonly memoryPeakMib: number;
}

/** undefined: nothing was measured. */
export function summarize(results: ProxyResults, mode: string, candidate: string): Summary | undefined {
  const of = (name: string): Sample[] =>
    results.samples.filter((sample) => sample.mode === mode && sample.candidate === name);
  const samples = of(candidate);
  if (samples.length === 0) return undefined;
  const pipe = new Map(of(NODE_PIPE).map((sample) => [sample.round, sample]));
  const medianOf = (value: (sample: Sample) => number): number => median(samples.map(value));
  const ratioOf = (value: (sample: Sample) => number): number =>
    median(
      samples.flatMap((sample) => {
        const beside = pipe.get(sample.round);
        return beside === undefined ? [] : [value(sample) / value(beside)];
      }),
    );
  return {
    requestsPerSecond: medianOf((sample) => sample.requestsPerSecond),
    p50Us: medianOf((sample) => sample.p50Us),
    p99Us: medianOf((sample) => sample.p99Us),
    cpuSecondsPerMillion: medianOf((sample) => sample.cpuSecondsPerMillion),
    requestsToNodePipe: ratioOf((sample) => sample.requestsPerSecond),
    cpuToNodePipe: ratioOf((sample) => sample.cpuSecondsPerMillion),
    candidateBusy: medianOf((sample) => sample.candidateBusy),
    loadBusy: medianOf((sample) => sample.loadBusy),
    serverBusy: medianOf((sample) => sample.serverBusy),
    memoryPeakMib: Math.max(...samples.map((sample) => sample.memoryPeakMib)),
  };
}
