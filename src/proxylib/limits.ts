/** Bounds that the engine enforces on every connection. */
export interface Limits {
  /** Undecided bytes kept for one direction; a parser that asks for more closes its connection. */
  readonly undecidedBytesMax: number;
  /** Injected bytes that wait for one direction (it is within a frame, or its receiver is slow). Above: the connection is closed. */
  readonly injectBytesMax: number;
  /** Injected bytes that wait before the engine stops deciding further requests until they have left. */
  readonly injectBytesPause: number;
}

export const DEFAULT_LIMITS: Limits = {
  undecidedBytesMax: 1_048_576,
  injectBytesMax: 1_048_576,
  injectBytesPause: 65_536,
};
