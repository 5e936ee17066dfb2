/**
 * What is delivered to hosts, in the order in which it is put in force: who is who, before the policies that speak of it,
 * and rules before the policies that refer to them, before the listeners that let somebody in. Removals go the other way
 * round.
 */
export const RESOURCE_KINDS = [
  "Identity",
  "Address",
  "Endpoint",
  "PolicyRules",
  "NetworkPolicy",
  "HostSettings",
  "Listener",
] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** How the protocol names a kind: `type.googleapis.com/` and the full name of the protobuf message. */
export function typeUrlOf(kind: ResourceKind): string {
  return `type.googleapis.com/weir.v1.${kind}`;
}

/** One named thing at one version. */
export interface Resource {
  readonly name: string;
  /** Opaque; the same content has the same version, whichever agent sends it. */
  readonly version: string;
  /** A protobuf message of the kind. */
  readonly value: Uint8Array;
}

/** Resources of one kind that came or went together. What is refused is refused together: only kinds that may be refused come alone. */
export interface ResourceUpdate {
  readonly kind: ResourceKind;
  readonly put: readonly Resource[];
  /** Names. */
  readonly removed: readonly string[];
}

/** Takes what an agent delivers. Called one at a time, each after the one before has settled. */
export interface ResourceConsumer {
  /**
   * Another agent delivers from now on, and everything anew. Nothing that was in force changes until `synced`: numbers of
   * identities may mean other labels, so the old and the new must not be mixed.
   */
  begin(epoch: string): void;
  /** @returns Why it is refused; then the last good one stays in force. undefined: it is in force, or will be with `synced`. */
  update(update: ResourceUpdate): Promise<string | undefined>;
  /** All that there is has been delivered: it comes into force as a whole. Called again after each reconnection. */
  synced(): Promise<void>;
}
