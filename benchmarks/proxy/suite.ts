import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SERVER } from "./addresses.ts";
import { type Candidate, type Place, type Server, startCqlServer, startMemcached } from "./candidate.ts";
import { runLoad } from "./load-tool.ts";
import type { Mode, Protocol } from "./mode.ts";
import { buildProgram } from "./native-program.ts";
import { findPinning, type Pinning } from "./pinning.ts";
import { loadOn, type Sample, type Surroundings, takeTurn } from "./turn.ts";

export interface SuiteOptions {
  readonly rounds: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** Told about progress and about what is left out. */
  readonly tell: (message: string) => void;
}

export interface ProxyResults {
  readonly pinning: Pinning | undefined;
  readonly candidates: readonly string[];
  readonly modes: readonly Mode[];
  readonly samples: readonly Sample[];
  readonly failures: readonly Failure[];
}

export interface Failure {
  /** Empty: the candidate did not start. */
  readonly mode: string;
  readonly candidate: string;
  readonly reason: string;
}

/** What is measured side by side: in front of one server, with candidates of its own. */
export interface Group {
  readonly title: string;
  readonly protocol: Protocol;
  readonly modes: readonly Mode[];
  readonly candidates: readonly CandidateStart[];
  /** Whether the server itself is a candidate too. */
  readonly direct: boolean;
}

export interface CandidateStart {
  readonly name: string;
  /** May be missing on this machine; all others must start. */
  readonly optional?: true;
  readonly start: (place: Place) => Promise<Candidate>;
}

/** The server at the end, by protocol. */
const SERVERS: Readonly<Record<Protocol, (pinning: Pinning | undefined) => Promise<Server>>> = {
  memcached: startMemcached,
  cql: startCqlServer,
};

/**
 * Measures all candidates of a group side by side, turn by turn, so that noise hits all alike: one group after the
 * other. undefined: something needed is missing.
 */
export async function runSuite(groups: readonly Group[], options: SuiteOptions): Promise<ProxyResults | undefined> {
  const tool = buildProgram("load");
  if ("missing" in tool) {
    options.tell(`Left out: ${tool.missing}.`);
    return undefined;
  }
  const pinning = findPinning();
  const parts: ProxyResults[] = [];
  for (const group of groups) {
    const part = await measureGroup(options, tool.path, pinning, group);
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

async function measureGroup(
  options: SuiteOptions,
  tool: string,
  pinning: Pinning | undefined,
  group: Group,
): Promise<ProxyResults | undefined> {
  const { protocol, modes, title } = group;
  const directory = mkdtempSync(join(tmpdir(), "weir-bench-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  let server: Server;
  try {
    server = await SERVERS[protocol](pinning);
  } catch (error) {
    options.tell(`Left out: ${title}: its server: ${(error as Error).message}`);
    return undefined;
  }
  stack.use(server.process);
  const direct = `${SERVER}:${server.port}`;
  const candidates: Candidate[] = [];
  if (group.direct) {
    candidates.push({
      name: "direct",
      address: direct,
      process: server.process,
      hasPolicy: false,
      topology: undefined,
    });
  }
  const failures: Failure[] = [];
  for (const { name, optional, start } of group.candidates) {
    try {
      const candidate = await start({ pinning, protocol, serverPort: server.port, directory });
      stack.use(candidate.process);
      candidates.push(candidate);
    } catch (error) {
      const reason = (error as Error).message;
      options.tell(`Left out: ${name}: ${reason}`);
      if (!optional) failures.push({ mode: "", candidate: name, reason });
    }
  }
  if (protocol === "memcached") await runLoad(tool, { ...loadOn(direct, pinning), workload: "fill", depth: 32 });
  options.tell(`${title}:`);
  const surroundings = { ...options, tool, pinning, server: server.process };
  const turns = await takeTurns(options, surroundings, candidates, modes);
  return {
    pinning,
    candidates: candidates.map(({ name }) => name),
    modes,
    samples: turns.samples,
    failures: [...failures, ...turns.failures],
  };
}

async function takeTurns(
  options: SuiteOptions,
  surroundings: Surroundings,
  candidates: readonly Candidate[],
  modes: readonly Mode[],
): Promise<{ samples: Sample[]; failures: Failure[] }> {
  const samples: Sample[] = [];
  const failures: Failure[] = [];
  // One round for nothing: what is compiled while it runs would count in the first one.
  const unmeasured = { ...surroundings, measureMs: options.warmupMs };
  for (const mode of modes) {
    for (const candidate of candidates.filter(({ hasPolicy }) => hasPolicy || !mode.onlyWithPolicy)) {
      await takeTurn(unmeasured, candidate, mode, 0).catch(() => undefined);
    }
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const mode of modes) {
      for (const candidate of inOrder(candidates, round)) {
        if (mode.onlyWithPolicy && !candidate.hasPolicy) continue;
        try {
          samples.push(await takeTurn(surroundings, candidate, mode, round));
        } catch (error) {
          const { message: reason } = error as Error;
          failures.push({ mode: mode.name, candidate: candidate.name, reason });
          options.tell(`${candidate.name}, ${mode.name}: ${reason}\nIt printed: ${candidate.process.lastOutput}`);
        }
      }
    }
    options.tell(`Round ${round + 1} of ${options.rounds} is done.`);
  }
  return { samples, failures };
}

/** Another order every round, so that nobody always follows the same neighbour. */
function inOrder(candidates: readonly Candidate[], round: number): readonly Candidate[] {
  const start = round % candidates.length;
  const rotated = [...candidates.slice(start), ...candidates.slice(0, start)];
  return round % 2 === 0 ? rotated : rotated.reverse();
}
