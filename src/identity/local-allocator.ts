import type { NumericIdentity } from "../api/identity.ts";
import type { LabelSet } from "../labels/label-set.ts";
import { WeirError } from "../lib/error.ts";
import type { Identity, IdentityAllocator, IdentityChange, IdentityListener } from "./allocator.ts";
import { RESERVED_IDENTITIES } from "./reserved.ts";

/** Numbers up to 255 are reserved, well known, or fixed by users. */
const FIRST_ID = 256;
const LAST_ID = 65_535;

interface Allocation {
  readonly identity: Identity;
  /** Allocations that were not released; reserved identities are not counted. */
  references: number;
}

/** Allocates within one agent, without telling others: for a machine that stands alone. */
export class LocalIdentityAllocator implements IdentityAllocator {
  private readonly byKey = new Map<string, Allocation>();
  private readonly byId = new Map<NumericIdentity, Allocation>();
  private readonly listeners = new Set<IdentityListener>();
  private readonly lastId: number;
  private nextId = FIRST_ID;
  /**
   * Released numbers, the longest unused first from `freedStart`. They are taken again only when no fresh one is left: a
   * number that comes back with other labels soon could meet a connection that still carries its old meaning.
   */
  private freed: NumericIdentity[] = [];
  private freedStart = 0;

  /** @param capacity How many identities at most; all numbers of the range by default. */
  constructor(capacity: number = LAST_ID - FIRST_ID + 1) {
    this.lastId = Math.min(FIRST_ID + capacity - 1, LAST_ID);
    for (const identity of RESERVED_IDENTITIES) this.remember(identity);
  }

  async allocate(labels: LabelSet): Promise<Identity> {
    const known = this.byKey.get(labels.key);
    if (known) {
      known.references++;
      return known.identity;
    }
    const identity: Identity = { id: this.takeId(labels), labels };
    this.remember(identity).references = 1;
    this.tell({ kind: "added", identity });
    return identity;
  }

  async release(id: NumericIdentity): Promise<void> {
    const allocation = this.byId.get(id);
    if (!allocation) throw new RangeError(`identity ${id} is not allocated, so it cannot be released`);
    if (id < FIRST_ID || --allocation.references > 0) return;
    this.byId.delete(id);
    this.byKey.delete(allocation.identity.labels.key);
    this.freed.push(id);
    this.tell({ kind: "removed", identity: allocation.identity });
  }

  get(id: NumericIdentity): Identity | undefined {
    return this.byId.get(id)?.identity;
  }

  list(): readonly Identity[] {
    return [...this.byId.values()].map((allocation) => allocation.identity).sort((a, b) => a.id - b.id);
  }

  subscribe(listener: IdentityListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private remember(identity: Identity): Allocation {
    const allocation = { identity, references: 0 };
    this.byKey.set(identity.labels.key, allocation);
    this.byId.set(identity.id, allocation);
    return allocation;
  }

  private takeId(labels: LabelSet): NumericIdentity {
    if (this.nextId <= this.lastId) return this.nextId++ as NumericIdentity;
    const id = this.freed[this.freedStart];
    if (id === undefined) {
      throw new WeirError(
        "WEIR_IDENTITY_EXHAUSTED",
        `no identity is left for ${JSON.stringify(labels.texts)}: all ${this.lastId - FIRST_ID + 1} are in use; ` +
          "give fewer workloads labels of their own",
      );
    }
    this.freedStart++;
    if (this.freedStart * 2 > this.freed.length) {
      this.freed = this.freed.slice(this.freedStart);
      this.freedStart = 0;
    }
    return id;
  }

  private tell(change: IdentityChange): void {
    for (const listener of this.listeners) listener(change);
  }
}
