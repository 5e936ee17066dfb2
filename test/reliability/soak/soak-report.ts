import { formatNumber, formatTable } from "../../../benchmarks/table.ts";
import type { EventOutcome } from "../rig/event-outcome.ts";
import type { RoundOutcome } from "../rig/round-outcome.ts";
import { topologyName } from "../rig/topology.ts";

/** What a soak came to, as two tables in Markdown. */
export function formatSoak(outcomes: readonly RoundOutcome[]): string {
  return `${formatTraffic(outcomes)}\n\n${formatEvents(outcomes)}`;
}

/** One row for each set-up. */
function formatTraffic(outcomes: readonly RoundOutcome[]): string {
  const sum = (some: readonly RoundOutcome[], of: (outcome: RoundOutcome) => number): string =>
    some.reduce((total, outcome) => total + of(outcome), 0).toLocaleString("en-US");
  return formatTable(
    [
      "set-up",
      "rounds",
      "events",
      "connections",
      "requests",
      "denied",
      "lost",
      "records missing",
      "counted as lost",
      "records twice",
      "problems",
    ],
    [...grouped(outcomes, ({ topology }) => topologyName(topology))].map(([name, some]) => [
      name,
      String(some.length),
      sum(some, ({ events }) => events.length),
      sum(some, ({ connections }) => connections),
      sum(some, ({ requests }) => requests),
      sum(some, ({ denied }) => denied),
      sum(some, ({ lost }) => lost),
      sum(some, ({ recordsMissing }) => recordsMissing),
      sum(some, ({ recordsCounted }) => recordsCounted),
      sum(some, ({ recordsTwice }) => recordsTwice),
      sum(some, ({ problems }) => problems.length),
    ]),
  );
}

/** One row for each kind of event, apart for agents with hosts and without. */
function formatEvents(outcomes: readonly RoundOutcome[]): string {
  const events = outcomes.flatMap(({ topology, events }) =>
    events.map((event) => ({ ...event, event: `${event.event}${topology.hosts === 0 ? " (hosts: 0)" : ""}` })),
  );
  const most = (some: readonly EventOutcome[], of: (event: EventOutcome) => number): string =>
    formatNumber(Math.max(...some.map(of)));
  const sum = (some: readonly EventOutcome[], of: (event: EventOutcome) => number): string =>
    some.reduce((total, event) => total + of(event), 0).toLocaleString("en-US");
  return formatTable(
    ["event", "times", "connections lost", "requests lost", "longest wait (ms)"],
    [...grouped(events, ({ event }) => event)]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, some]) => [
        name,
        String(some.length),
        sum(some, ({ broken }) => broken),
        sum(some, ({ lost }) => lost),
        most(some, ({ stallMs }) => stallMs),
      ]),
  );
}

function grouped<T>(items: readonly T[], by: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(by(item), [...(groups.get(by(item)) ?? []), item]);
  return groups;
}
