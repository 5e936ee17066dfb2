import type { EventConditions, EventFilter } from "../event-filter.ts";

const NOTHING: EventConditions = { from: [], to: [], relatedTo: [], type: [], verdict: [], proto: [], policy: [] };

/** A filter for tests: what is not given asks nothing. */
export function filterOf(include: Partial<EventConditions> = {}, exclude: Partial<EventConditions> = {}): EventFilter {
  return { include: { ...NOTHING, ...include }, exclude: { ...NOTHING, ...exclude } };
}
