import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLIENT, SERVER } from "./addresses.ts";
import {
  type Candidate,
  type Server,
  startCqlServer,
  startHaproxy,
  startMemcached,
  startNodePipe,
  startWeir,
} from "./candidate.ts";
import { type LoadOptions, runLoad } from "./load-tool.ts";
import { MODES, type Mode, type Protocol } from "./mode.ts";
import { buildProgram } from "./native-program.ts";
import { findPinning, type Pinning } from "./pinning.ts";
import { memoryPeakMib, resetMemoryPeak } from "./process-tree.ts";
import type { RunningProcess } from "./running-process.ts";

export interface ProxyOptions {
  readonly rounds: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** Told about progress and about what is left out. */
  readonly tell: (message: string) => void;
}

/** One turn of one candidate under one mode. */
export interface Sample {
  readonly mode: string;
  readonly candidate: string;
  readonly round: number;
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
}

export interface ProxyResults {
  readonly pinning: Pinning | undefined;
  readonly candidates: readonly string[];
  readonly modes: readonly Mode[];
  readonly samples: readonly Sample[];
  readonly failures: readonly { readonly mode: string; readonly candidate: string; readonly reason: string }[];
}

/** The server at the end, by protocol. */
const SERVERS: Readonly<Record<Protocol, (pinning: Pinning | undefined) => Promise<Server>>> = {
  memcached: startMemcached,
  cql: startCqlServer,
};

/** What one protocol's turns need. */
interface Scene {
  readonly tool: string;
  readonly pinning: Pinning | undefined;
  readonly server: RunningProcess;
  readonly candidates: readonly Candidate[];
  readonly modes: readonly Mode[];
}

/**
 * Measures all candidates side by side, turn by turn, so that noise hits all alike: one protocol after the other, each
 * with a server and candidates of its own. undefined: something needed is missing.
 */
export async function runProxySuite(options: ProxyOptions): Promise<ProxyResults | undefined> {
  const tool = buildProgram("load");
  if ("missing" in tool) {
    options.tell(`The proxies are left out: ${tool.missing}.`);
    return undefined;
  }
  const pinning = findPinning();
  const parts: ProxyResults[] = [];
  for (const protocol of ["memcached", "cql"] as const) {
    const part = await measureProtocol(options, tool.path, pinning, protocol);
    if (part !== undefined) parts.push(part);
  }
  if (parts.length === 0) return undefined;
  return {
    pinning,
    candidates: [...new Set(parts.flatMap(({ candidates }) => candidates))],
    modes: parts.flatMap(({ modes }) => modes),
    samples: parts.flatMap(({ samples }) => samples),
    failures: parts.flatMap(({ failures }) => failures),
  };
}

async function measureProtocol(
  options: ProxyOptions,
  tool: string,
  pinning: Pinning | undefined,
  protocol: Protocol,
): Promise<ProxyResults | undefined> {
  const directory = mkdtempSync(join(tmpdir(), "weir-bench-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const server = await tryStart(options, `the server of ${protocol}`, () => SERVERS[protocol](pinning));
  if (server === undefined) return undefined;
  stack.use(server.process);
  const place = { pinning, protocol, serverPort: server.port, directory };
  const candidates: Candidate[] = [
    { name: "direct", address: `${SERVER}:${server.port}`, process: server.process, hasPolicy: false },
  ];
  const starts: readonly [string, () => Promise<Candidate>][] = [
    ["the Node pipe", () => startNodePipe(place)],
    // Debian puts it where users' PATH does not reach.
    ["HAProxy", () => startHaproxy(place, "haproxy").catch(() => startHaproxy(place, "/usr/sbin/haproxy"))],
    ["weir", () => startWeir(place, true)],
    ["weir, spliced", () => startWeir(place, false)],
  ];
  for (const [name, start] of starts) {
    const candidate = await tryStart(options, name, start);
    if (candidate === undefined) continue;
    stack.use(candidate.process);
    candidates.push(candidate);
  }
  if (protocol === "memcached") {
    await runLoad(tool, { ...load(pinning, candidates[0] as Candidate), workload: "fill", depth: 32 });
  }
  const modes = MODES.filter((mode) => mode.protocol === protocol);
  options.tell(`${protocol}:`);
  return await takeTurns(options, { tool, pinning, server: server.process, candidates, modes });
}

async function tryStart<T>(options: ProxyOptions, name: string, start: () => Promise<T>): Promise<T | undefined> {
  try {
    return await start();
  } catch (error) {
    options.tell(`Left out: ${name}: ${(error as Error).message}`);
    return undefined;
  }
}

function load(pinning: Pinning | undefined, candidate: Candidate): LoadOptions {
  return {
    to: candidate.address,
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

async function takeTurns(options: ProxyOptions, scene: Scene): Promise<ProxyResults> {
  const { pinning, candidates, modes } = scene;
  const samples: Sample[] = [];
  const failures: { mode: string; candidate: string; reason: string }[] = [];
  // One round for nothing: what is compiled while it runs would count in the first one.
  const unmeasured = { ...options, measureMs: options.warmupMs };
  for (const mode of modes) {
    for (const candidate of candidates.filter(({ hasPolicy }) => hasPolicy || !mode.onlyWithPolicy)) {
      await takeTurn(unmeasured, scene, candidate, mode, 0).catch(() => undefined);
    }
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const mode of modes) {
      for (const candidate of inOrder(candidates, round)) {
        if (mode.onlyWithPolicy && !candidate.hasPolicy) continue;
        try {
          samples.push(await takeTurn(options, scene, candidate, mode, round));
        } catch (error) {
          const output = candidate.process.lastOutput;
          const reason = `${(error as Error).message}${output === "" ? "" : ` (it printed: ${output})`}`;
          failures.push({ mode: mode.name, candidate: candidate.name, reason });
          options.tell(`${candidate.name}, ${mode.name}: ${reason}`);
        }
      }
    }
    options.tell(`Round ${round + 1} of ${options.rounds} is done.`);
  }
  return { pinning, candidates: candidates.map(({ name }) => name), modes, samples, failures };
}

/** Another order every round, so that nobody always follows the same neighbour. */
function inOrder(candidates: readonly Candidate[], round: number): readonly Candidate[] {
  const start = round % candidates.length;
  const rotated = [...candidates.slice(start), ...candidates.slice(0, start)];
  return round % 2 === 0 ? rotated : rotated.reverse();
}

async function takeTurn(
  options: ProxyOptions,
  { tool, pinning, server }: Scene,
  candidate: Candidate,
  mode: Mode,
  round: number,
): Promise<Sample> {
  const pids = candidate.process.pids;
  const serverPids = server.pids;
  if (pids.length === 0) throw new Error("it has ended");
  resetMemoryPeak(pids);
  const result = await runLoad(tool, {
    ...load(pinning, candidate),
    workload: mode.workload,
    connections: mode.connections,
    depth: mode.depth,
    warmupMs: options.warmupMs,
    measureMs: options.measureMs,
    seed: round + 1,
    watch: [...new Set([...pids, ...serverPids])],
  });
  if (result.requests === 0) throw new Error("no request was answered while measuring");
  const cpuOf = (watched: readonly number[]): number =>
    watched.reduce((sum, pid) => sum + (result.cpuSeconds[pid] ?? 0), 0);
  return {
    mode: mode.name,
    candidate: candidate.name,
    round,
    requestsPerSecond: result.requests / result.seconds,
    p50Us: result.p50Us,
    p99Us: result.p99Us,
    cpuSecondsPerMillion: (cpuOf(pids) / result.requests) * 1e6,
    candidateBusy: cpuOf(pids) / result.seconds,
    loadBusy: result.ownCpuSeconds / result.seconds,
    serverBusy: cpuOf(serverPids) / result.seconds,
    memoryPeakMib: memoryPeakMib(pids),
  };
}
