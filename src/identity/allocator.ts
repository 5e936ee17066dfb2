import type { NumericIdentity } from "../api/identity.ts";
import type { LabelSet } from "../labels/label-set.ts";

/** A set of labels and the number that stands for it. Immutable. */
export interface Identity {
  readonly id: NumericIdentity;
  readonly labels: LabelSet;
}

export interface IdentityChange {
  readonly kind: "added" | "removed";
  readonly identity: Identity;
}

/** Must not throw. Called in the order of the changes, before the call that made them settles. */
export type IdentityListener = (change: IdentityChange) => void;

/**
 * Gives every set of labels its number, the same for everybody who shares the allocator. Reserved identities are always
 * there, cost nothing and are never removed.
 */
export interface IdentityAllocator {
  /**
   * The identity of these labels; each call needs one `release`. Rejects with WEIR_IDENTITY_EXHAUSTED when no number is
   * left.
   */
  allocate(labels: LabelSet): Promise<Identity>;
  /** Gives one allocation back; with the last one the identity is removed. Rejects with RangeError if there is none. */
  release(id: NumericIdentity): Promise<void>;
  get(id: NumericIdentity): Identity | undefined;
  /** All identities, the reserved ones too, by number. */
  list(): readonly Identity[];
  /** Tells of changes from now on. Returns how to stop. */
  subscribe(listener: IdentityListener): () => void;
}
