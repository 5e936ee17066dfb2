/** Bounds of the embedded data plane. Times in milliseconds. */
export interface EmbeddedLimits {
  /** Live connections of the whole data plane, each with two sockets. Above: refused. */
  readonly connectionsMax: number;
  /** Until the upstream has accepted. */
  readonly connectTimeoutMs: number;
  /**
   * After about so long the kernel is asked to watch whether silent peers still live (every minute), and again and again
   * whether one has gone: dead ones must not hold connections for ever. Not at once, because it costs a short connection a
   * tenth of its CPU.
   */
  readonly keepAliveAfterMs: number;
  /** A side that takes none of its last bytes for so long, after the other side has gone, is reset. */
  readonly flushTimeoutMs: number;
  /** After a protocol error: how long the client's further bytes are thrown away, so that it can read the answer. */
  readonly lingerTimeoutMs: number;
  /** After a protocol error: how many of them. */
  readonly lingerBytesMax: number;
}

export const DEFAULT_EMBEDDED_LIMITS: EmbeddedLimits = {
  connectionsMax: 10_000,
  connectTimeoutMs: 5_000,
  keepAliveAfterMs: 15_000,
  flushTimeoutMs: 30_000,
  lingerTimeoutMs: 2_000,
  lingerBytesMax: 1_048_576,
};
