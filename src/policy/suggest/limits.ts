/** Bounds on what is kept of the traffic while it is read. Beyond them values are folded earlier, or left out and told. */
export interface SuggestLimits {
  /** Endpoints, by their labels. */
  readonly subjectsMax: number;
  /** Peers of one endpoint on one port, over all endpoints. */
  readonly flowsMax: number;
  /** Kinds of requests (commands) of one flow, over all flows. */
  readonly requestKindsMax: number;
  /** Distinct values (keys) of one kind of request; beyond, they are folded to prefixes at once. */
  readonly valuesPerKindMax: number;
  /** The same, over everything. */
  readonly valuesMax: number;
  /** UTF-16 code units of one value. */
  readonly valueLengthMax: number;
  /** Distinct comments of one document. */
  readonly notesMax: number;
}

export const SUGGEST_LIMITS: SuggestLimits = {
  subjectsMax: 1_000,
  flowsMax: 10_000,
  requestKindsMax: 50_000,
  valuesPerKindMax: 2_000,
  valuesMax: 200_000,
  valueLengthMax: 512,
  notesMax: 50,
};

/** Addresses of the world that are listed one by one on a port; more of them are the entity `world`. */
export const WORLD_ADDRESSES_MAX = 8;
/** Conditions on one attribute that a kind of request may get before it gets none. */
export const CONDITIONS_MAX = 16;
/** Shortest prefix that is taken before values are listed, its delimiter included. */
export const PREFIX_LENGTH_MIN = 3;
