/** Which process of which host: whoever speaks of a host means this one and none that came before or after it. */
export interface HostIdentity {
  /** The place among the hosts that are wanted, from 0. */
  readonly index: number;
  /** Unique for each start of a host. */
  readonly instance: string;
}
