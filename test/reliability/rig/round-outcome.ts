import { type ConnectionRow, DEPTH_MAX } from "../client/client-connection.ts";
import type { Scene } from "../events/event.ts";
import type { ProtocolName } from "../load/protocol.ts";
import type { EventOutcome } from "./event-outcome.ts";
import { processesOf } from "./process-table.ts";
import { reconcile } from "./reconcile.ts";
import { countRecords } from "./records.ts";
import type { Topology } from "./topology.ts";

/** What a whole round came to. */
export interface RoundOutcome {
  readonly topology: Topology;
  readonly events: readonly EventOutcome[];
  readonly connections: number;
  readonly requests: number;
  readonly answered: number;
  readonly denied: number;
  /** Requests without an answer. */
  readonly lost: number;
  /** Requests without a record, and records that weir counted as lost. */
  readonly recordsMissing: number;
  readonly recordsCounted: number;
  readonly recordsTwice: number;
  /** What must never be. */
  readonly problems: readonly string[];
}

export interface RoundEvidence {
  readonly scene: Scene;
  readonly outcomes: readonly EventOutcome[];
  /** Connections that had ended when the last event was over. */
  readonly finishedFrom: ReadonlyMap<ProtocolName, number>;
  readonly mark: string;
}

/** Ends weir in good order, and compares what client, server and access log say. */
export async function judgeRound({ scene, outcomes, finishedFrom, mark }: RoundEvidence): Promise<RoundOutcome> {
  const problems: string[] = [];
  const lostByLog = await scene.agent.recordsLost();
  await stopWeir(scene);
  problems.push(...processesOf(mark).map(({ pid, command }) => `weir left a process behind: ${pid} ${command}`));

  const records = await countRecords(scene.agent.accessLog);
  problems.push(...records.problems);
  const { torn } = records;
  if (torn.length > outcomes.filter(({ loss }) => loss.mayTearLine === true).length) problems.push(...torn);
  const recordsCounted = lostByLog + records.lostWithHosts;
  let perhaps = 0;
  const sums = { connections: 0, requests: 0, answered: 0, denied: 0, lost: 0, recordsMissing: 0, recordsTwice: 0 };
  for (const [protocol, { clients, upstream }] of scene.protocols) {
    const { rows } = clients;
    const { shape } = upstream.load;
    const found = reconcile({
      protocol,
      shape,
      rows,
      arrivals: upstream.arrivals(),
      upstreamProblems: upstream.problems(),
      records,
    });
    problems.push(...found.problems);
    const late = rows.slice(finishedFrom.get(protocol)).filter(({ end }) => end !== "finished" && end !== "cut");
    problems.push(...late.map((row) => `${protocol}: it did not end well: ${JSON.stringify(row)}`));
    for (const [row, count] of found.missing) {
      sums.recordsMissing += count;
      if (!mayLack(outcomes, row)) problems.push(`${protocol}: ${count} records are missing of ${JSON.stringify(row)}`);
    }
    sums.connections += rows.length;
    sums.requests += found.requests;
    sums.answered += found.answered;
    sums.denied += found.denied;
    sums.lost += found.lost;
    sums.recordsTwice += found.duplicates;
    perhaps += found.perhaps;
  }
  if (sums.recordsTwice > 0) problems.push(`${sums.recordsTwice} records are there twice`);
  const countedTooMany = outcomes.some(({ loss }) => loss.mayCountWritten === true);
  if (!countedTooMany && recordsCounted > sums.recordsMissing + perhaps)
    problems.push(
      `${recordsCounted} records are counted as lost; at most ${sums.recordsMissing + perhaps} are missing`,
    );
  const uncounted = sums.recordsMissing - recordsCounted;
  if (scene.topology.hosts > 0 && uncounted > lastTurns(outcomes))
    problems.push(`${sums.recordsMissing} records are missing, and ${recordsCounted} counted as lost`);
  return { topology: scene.topology, events: outcomes, ...sums, recordsCounted, problems };
}

/** What killed hosts can have recorded in the turn of their end: no more than was asked of them at once. */
function lastTurns(outcomes: readonly EventOutcome[]): number {
  const killed = outcomes.filter(({ loss }) => loss.recordsGone !== undefined);
  return killed.reduce((sum, { broken }) => sum + broken * DEPTH_MAX, 0);
}

/** Whether a process that knew of the connection's records was killed. */
function mayLack(outcomes: readonly EventOutcome[], row: ConnectionRow): boolean {
  return outcomes.some(({ loss: { recordsGone } }) => {
    return recordsGone !== undefined && row.openedAt <= recordsGone.to && row.endedAt >= recordsGone.from;
  });
}

/** An agent that detaches its hosts leaves them; the next one, which does not, takes them with it. */
async function stopWeir({ agent, topology }: Scene): Promise<void> {
  if (topology.hosts > 0) {
    agent.kill("SIGTERM");
    await agent.ended();
    await agent.start();
    await agent.ready();
  }
  agent.kill("SIGTERM");
  await agent.ended();
}
