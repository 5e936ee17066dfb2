import { type RoundOptions, runRound } from "../rig/round.ts";
import type { RoundOutcome } from "../rig/round-outcome.ts";
import { type Topology, topologyName } from "../rig/topology.ts";

export interface SoakOptions {
  readonly seed: number;
  readonly minutes: number;
  /** Of each protocol. */
  readonly connections: number;
  say(line: string): void;
}

/** They take turns. */
export const TOPOLOGIES: readonly Topology[] = [
  { hosts: 2, memcached: "checking" },
  { hosts: 1, memcached: "checking" },
  { hosts: 2, memcached: "real" },
  { hosts: 0, memcached: "checking" },
];

/** A round ends after so long, or so many events: then everything is compared, and forgotten. */
const ROUND_MS = 60_000;
const ROUND_EVENTS = 40;

/**
 * Rounds until the time is over; every set-up has one at least.
 *
 * @returns What they came to. The last one may have problems: then no further one was begun.
 */
export async function soak(
  options: SoakOptions,
  round: (options: RoundOptions) => Promise<RoundOutcome> = runRound,
): Promise<readonly RoundOutcome[]> {
  const deadline = Date.now() + options.minutes * 60_000;
  const outcomes: RoundOutcome[] = [];
  for (let count = 0; count < TOPOLOGIES.length || Date.now() < deadline; count++) {
    const topology = TOPOLOGIES[count % TOPOLOGIES.length] as Topology;
    const seed = options.seed + count;
    options.say(`round ${count + 1}, seed ${seed}, ${topologyName(topology)}`);
    const { connections, say } = options;
    const share = (options.minutes * 60_000) / TOPOLOGIES.length;
    const until = Date.now() + Math.min(ROUND_MS, share);
    const outcome = await round({
      topology,
      seed,
      connections,
      events: ROUND_EVENTS,
      until,
      answersBetween: 4_000,
      say,
    });
    outcomes.push(outcome);
    if (outcome.problems.length > 0) break;
  }
  return outcomes;
}
