import type { NumericIdentity } from "../../api/identity.ts";
import type { Identity, IdentityChange, IdentityListener } from "../../identity/allocator.ts";
import { RESERVED_IDENTITIES } from "../../identity/reserved.ts";
import type { IdentitySource } from "../../policy/selector-cache.ts";

/** The identities that an agent has allocated. Reserved ones are there from the beginning. */
export class MirroredIdentities implements IdentitySource {
  private readonly byId = new Map<NumericIdentity, Identity>(RESERVED_IDENTITIES.map((one) => [one.id, one]));
  private readonly listeners = new Set<IdentityListener>();

  get size(): number {
    return this.byId.size;
  }

  get(id: NumericIdentity): Identity | undefined {
    return this.byId.get(id);
  }

  /** A number that means other labels is taken away first: those that it meant are gone. */
  put(identity: Identity): void {
    const present = this.byId.get(identity.id);
    if (present?.labels.key === identity.labels.key) return;
    this.delete(identity.id);
    this.byId.set(identity.id, identity);
    this.tell({ kind: "added", identity });
  }

  delete(id: NumericIdentity): void {
    const identity = this.byId.get(id);
    if (identity === undefined) return;
    this.byId.delete(id);
    this.tell({ kind: "removed", identity });
  }

  list(): readonly Identity[] {
    return [...this.byId.values()].sort((a, b) => a.id - b.id);
  }

  subscribe(listener: IdentityListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(change: IdentityChange): void {
    for (const listener of this.listeners) listener(change);
  }
}
