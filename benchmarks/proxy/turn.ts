import { CLIENT } from "./addresses.ts";
import type { Candidate, Topology } from "./candidate.ts";
import { findSpread } from "./connection-spread.ts";
import { type LoadOptions, runLoad } from "./load-tool.ts";
import type { Mode } from "./mode.ts";
import type { Pinning } from "./pinning.ts";
import { memoryPeakMib, resetMemoryPeak } from "./process-tree.ts";
import type { RunningProcess } from "./running-process.ts";

/** One turn of one candidate under one mode. */
export interface Sample {
  readonly mode: string;
  readonly candidate: string;
  readonly round: number;
  /** Answered while measuring, each compared byte for byte. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Of the candidate and its children, per million requests. */
  readonly cpuSecondsPerMillion: number;
  /** Shares of one core in use. Where the candidate's is well below 1, something else was the limit. */
  readonly candidateBusy: number;
  readonly loadBusy: number;
  readonly serverBusy: number;
  readonly memoryPeakMib: number;
  /** Processes of the candidate, all of which the figures are about. */
  readonly processes: number;
  /** Connections of each process that accepts some, the most first. undefined: not looked at. */
  readonly spread: readonly number[] | undefined;
}

/** What stands around the candidate in its turn. */
export interface Surroundings {
  readonly tool: string;
  readonly pinning: Pinning | undefined;
  readonly server: RunningProcess;
  readonly warmupMs: number;
  readonly measureMs: number;
}

/** What is the same in every load that is put on a candidate. */
export function loadOn(address: string, pinning: Pinning | undefined): LoadOptions {
  return {
    to: address,
    from: CLIENT,
    workload: "get",
    connections: 1,
    depth: 1,
    warmupMs: 0,
    measureMs: 1,
    seed: 1,
    watch: [],
    core: pinning?.loadAndServer,
  };
}

/** Throws when an answer was wrong, missing or late, or when the candidate's processes did not stay the same. */
export async function takeTurn(
  { tool, pinning, server, warmupMs, measureMs }: Surroundings,
  candidate: Candidate,
  mode: Mode,
  round: number,
): Promise<Sample> {
  const pids = candidate.process.pids;
  const serverPids = server.pids;
  if (pids.length === 0) throw new Error("it has ended");
  resetMemoryPeak(pids);
  const { connections, depth, workload } = mode;
  const { address, topology } = candidate;
  let spread: readonly number[] | undefined;
  const result = await runLoad(tool, {
    ...loadOn(address, pinning),
    ...{ workload, connections, depth, warmupMs, measureMs },
    seed: round + 1,
    watch: [...new Set([...pids, ...serverPids])],
    ...(topology !== undefined && {
      whenConnected: async () => {
        spread = await findSpread({ address, pids, acceptors: topology.acceptors, connections });
      },
    }),
  });
  if (result.requests === 0) throw new Error("no request was answered while measuring");
  checkProcesses(pids, candidate.process.pids, topology);
  const cpuOf = (watched: readonly number[]): number =>
    watched.reduce((sum, pid) => sum + (result.cpuSeconds[pid] ?? 0), 0);
  return {
    mode: mode.name,
    candidate: candidate.name,
    round,
    requests: result.requests,
    requestsPerSecond: result.requests / result.seconds,
    p50Us: result.p50Us,
    p99Us: result.p99Us,
    cpuSecondsPerMillion: (cpuOf(pids) / result.requests) * 1e6,
    candidateBusy: cpuOf(pids) / result.seconds,
    loadBusy: result.ownCpuSeconds / result.seconds,
    serverBusy: cpuOf(serverPids) / result.seconds,
    memoryPeakMib: memoryPeakMib(pids),
    processes: pids.length,
    spread,
  };
}

/** What a process used that came or went during the turn is in no figure. */
function checkProcesses(before: readonly number[], after: readonly number[], topology: Topology | undefined): void {
  const changed = before.length !== after.length || before.some((pid) => !after.includes(pid));
  if (changed) throw new Error(`its processes changed: before ${before.join(" ")}, after ${after.join(" ")}`);
  if (topology === undefined) return;
  const { processesMin, processesMax } = topology;
  if (after.length >= processesMin && after.length <= processesMax) return;
  const expected = processesMin === processesMax ? processesMin : `${processesMin} to ${processesMax}`;
  throw new Error(`it has ${after.length} processes and should have ${expected}: ${after.join(" ")}`);
}
