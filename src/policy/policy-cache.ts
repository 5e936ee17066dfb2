import type { NumericIdentity, PolicyRevision } from "../api/identity.ts";
import type { Identity } from "../identity/allocator.ts";
import { DENY_ALL } from "./bound-direction.ts";
import type { DirectionPolicy } from "./endpoint-policy.ts";
import { type PolicyContext, resolve } from "./resolve.ts";
import type { SelectorUser } from "./selector-cache.ts";
import type { BoundPolicy, SelectorPolicy } from "./selector-policy.ts";

/** What the endpoints of an identity have to enforce. Immutable. */
export interface IdentityPolicy {
  readonly ingress: DirectionPolicy;
  readonly egress: DirectionPolicy;
  /** Of the rules that are in force; 0: none are, everything is denied. */
  readonly revision: PolicyRevision;
  /** Why the newest rules are not in force. */
  readonly failure?: string;
}

const NO_REVISION = 0 as PolicyRevision;

/**
 * The policies of the identities that endpoints have, each computed once for all endpoints of its identity. Rules that
 * cannot be put in force leave the last good ones there, for the identities of now; without those, everything is denied.
 */
export class PolicyCache {
  private readonly context: PolicyContext;
  private readonly onStale: () => void;
  private readonly entries = new Map<NumericIdentity, Entry>();
  private stale = new Set<Entry>();

  /** @param onStale Other identities have come or gone that policies speak of: `refresh` is due. Must not call back at once. */
  constructor(context: PolicyContext, onStale: () => void) {
    this.context = context;
    this.onStale = onStale;
  }

  /** The policy of an identity, computed if it is not there. */
  get(identity: Identity): IdentityPolicy {
    return this.entries.get(identity.id)?.policy ?? this.resolve(identity);
  }

  /** Computes the policy of an identity from the rules in force now. */
  resolve(identity: Identity): IdentityPolicy {
    let entry = this.entries.get(identity.id);
    if (!entry) {
      entry = new Entry(this.context, () => this.markStale(entry as Entry), identity);
      this.entries.set(identity.id, entry);
    }
    this.stale.delete(entry);
    return entry.resolve();
  }

  /** Brings the identities that stale policies speak of up to date. Returns the owners of these policies. */
  refresh(): readonly NumericIdentity[] {
    const stale = this.stale;
    this.stale = new Set();
    return [...stale].map((entry) => {
      entry.rebind();
      return entry.identity.id;
    });
  }

  /** No endpoint has the identity any more. */
  forget(id: NumericIdentity): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    entry.dispose();
    this.stale.delete(entry);
    this.entries.delete(id);
  }

  private markStale(entry: Entry): void {
    if (this.stale.size === 0) this.onStale();
    this.stale.add(entry);
  }
}

/** Holds the selectors of one policy. */
class Held implements SelectorUser {
  readonly policy: SelectorPolicy;
  readonly selectionChanged: () => void;
  private readonly context: PolicyContext;

  constructor(identity: Identity, context: PolicyContext, selectionChanged: () => void) {
    this.context = context;
    this.selectionChanged = selectionChanged;
    this.policy = resolve(identity, context, this);
  }

  release(): void {
    for (const cached of this.policy.selectors) this.context.selectors.release(cached, this);
  }
}

/** One identity: its policy in force and, while that cannot be used, the one which it should have. */
class Entry {
  readonly identity: Identity;
  policy: IdentityPolicy = { ingress: DENY_ALL, egress: DENY_ALL, revision: NO_REVISION };
  private readonly context: PolicyContext;
  private readonly selectionChanged: () => void;
  private good: Held | undefined;
  private refused: Held | undefined;

  constructor(context: PolicyContext, selectionChanged: () => void, identity: Identity) {
    this.context = context;
    this.selectionChanged = selectionChanged;
    this.identity = identity;
  }

  resolve(): IdentityPolicy {
    const next = new Held(this.identity, this.context, this.selectionChanged);
    this.refused?.release();
    this.refused = next;
    return this.rebind();
  }

  /** With the identities of now, refused rules may have become usable, and usable ones may have problems. */
  rebind(): IdentityPolicy {
    const newest = this.refused ?? this.good;
    if (!newest) return this.policy;
    const bound = newest.policy.bind();
    this.policy = bound.problems.length === 0 ? this.accept(newest, bound) : this.refuse(newest, bound);
    return this.policy;
  }

  dispose(): void {
    this.refused?.release();
    this.good?.release();
    this.refused = undefined;
    this.good = undefined;
  }

  private accept(newest: Held, bound: BoundPolicy): IdentityPolicy {
    if (newest !== this.good) this.good?.release();
    this.good = newest;
    this.refused = undefined;
    return { ingress: bound.ingress, egress: bound.egress, revision: newest.policy.revision };
  }

  private refuse(newest: Held, bound: BoundPolicy): IdentityPolicy {
    const failure = bound.problems.join("; ");
    // "No rule selects it, so all is open" is nothing to fall back to once a rule does.
    if (!this.good?.policy.ruled) return { ingress: DENY_ALL, egress: DENY_ALL, revision: NO_REVISION, failure };
    const { ingress, egress } = newest === this.good ? bound : this.good.policy.bind();
    return { ingress, egress, revision: this.good.policy.revision, failure };
  }
}
