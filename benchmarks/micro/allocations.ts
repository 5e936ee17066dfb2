import { Session } from "node:inspector";
import type { MicroBenchmark } from "./benchmark.ts";

/** Enough for an average; few enough that the list of all allocations stays small. */
const UNITS = 2_000;

interface SamplingProfile {
  readonly samples: readonly { readonly size: number }[];
}

/**
 * What one unit of work allocates in V8's heap, from the sampling heap profiler with an interval of one byte: it then
 * sees every allocation, also of objects that are collected meanwhile. Objects that the compiler allocates together
 * count as one.
 */
export function measureAllocations(benchmark: MicroBenchmark): { allocatedBytes: number; allocations: number } {
  const session = new Session();
  session.connect();
  try {
    const idle = sampled(session, () => 1);
    let done = 0;
    const samples = sampled(session, () => {
      done = benchmark.run(UNITS);
    });
    const bytes = samples.reduce((sum, { size }) => sum + size, 0) - idle.reduce((sum, { size }) => sum + size, 0);
    return {
      allocatedBytes: Math.max(0, bytes / done),
      allocations: Math.max(0, (samples.length - idle.length) / done),
    };
  } finally {
    session.disconnect();
  }
}

function sampled(session: Session, work: () => void): SamplingProfile["samples"] {
  session.post("HeapProfiler.startSampling", {
    samplingInterval: 1,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  work();
  let samples: SamplingProfile["samples"] = [];
  // An in-process session answers before `post` returns.
  session.post("HeapProfiler.stopSampling", (error, result) => {
    if (error !== null) throw error;
    samples = (result as unknown as { profile: SamplingProfile }).profile.samples;
  });
  return samples;
}
