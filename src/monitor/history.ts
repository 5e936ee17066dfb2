import type { EventPredicate } from "./event-filter.ts";
import type { EventRing } from "./event-ring.ts";

/** Which events of the past somebody wants. */
export interface HistoryRequest {
  /** Not older than this. */
  readonly sinceMs?: number | undefined;
  /** So many of the last ones that the filter lets through. */
  readonly last?: number | undefined;
}

/** Number of the first event of the ring that is asked for; `ring.head`: none is. */
export function historyStart(ring: EventRing, wanted: EventPredicate, { sinceMs, last }: HistoryRequest): number {
  if (sinceMs === undefined && last === undefined) return ring.head;
  let first = ring.oldest;
  // Forward: a clock that was put back must not hide what came before.
  while (sinceMs !== undefined && first < ring.head && ring.at(first).timeMs < sinceMs) first++;
  if (last === undefined) return first;
  let start = ring.head;
  for (let left = last; left > 0 && start > first; ) {
    start--;
    if (wanted(ring.at(start))) left--;
  }
  return start;
}
