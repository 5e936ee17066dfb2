import type { NumericIdentity } from "../api/identity.ts";
import { CIDR_SOURCE } from "../labels/cidr-label.ts";
import type { LabelSet } from "../labels/label-set.ts";
import { WeirError } from "../lib/error.ts";
import type { Identity, IdentityAllocator, IdentityChange, IdentityListener } from "./allocator.ts";
import { NETWORK_FIRST, WORKLOAD_FIRST } from "./identity-type.ts";
import { NumberRange } from "./number-range.ts";
import { RESERVED_IDENTITIES } from "./reserved.ts";

const WORKLOADS_MAX = 65_535 - WORKLOAD_FIRST + 1;
const NETWORKS_MAX = 65_535;

export interface LocalAllocatorOptions {
  /** How many identities of workloads at most; all numbers of their range by default. */
  readonly workloadsMax?: number;
  /** How many identities of networks at most. */
  readonly networksMax?: number;
  /** Identities that are always there, besides the reserved ones: their labels get no other number. */
  readonly predefined?: readonly Identity[];
}

interface Allocation {
  readonly identity: Identity;
  /** Where the number came from; undefined: it is always there. */
  readonly range: NumberRange | undefined;
  /** Allocations that were not released; those that are always there are not counted. */
  references: number;
}

/** Allocates within one agent, without telling others: for a machine that stands alone. */
export class LocalIdentityAllocator implements IdentityAllocator {
  private readonly byKey = new Map<string, Allocation>();
  private readonly byId = new Map<NumericIdentity, Allocation>();
  private readonly listeners = new Set<IdentityListener>();
  private readonly workloads: NumberRange;
  private readonly networks: NumberRange;

  constructor({ workloadsMax, networksMax, predefined = [] }: LocalAllocatorOptions = {}) {
    this.workloads = new NumberRange(WORKLOAD_FIRST, Math.min(workloadsMax ?? WORKLOADS_MAX, WORKLOADS_MAX));
    this.networks = new NumberRange(NETWORK_FIRST, Math.min(networksMax ?? NETWORKS_MAX, NETWORKS_MAX));
    for (const identity of [...RESERVED_IDENTITIES, ...predefined]) this.remember(identity, undefined);
  }

  async allocate(labels: LabelSet): Promise<Identity> {
    const known = this.byKey.get(labels.key);
    if (known) {
      known.references++;
      return known.identity;
    }
    const range = labels.hasSource(CIDR_SOURCE) ? this.networks : this.workloads;
    const id = range.take();
    if (id === undefined) throw exhausted(labels, range);
    const identity: Identity = { id, labels };
    this.remember(identity, range).references = 1;
    this.tell({ kind: "added", identity });
    return identity;
  }

  async release(id: NumericIdentity): Promise<void> {
    const allocation = this.byId.get(id);
    if (!allocation) throw new RangeError(`identity ${id} is not allocated, so it cannot be released`);
    const { identity, range } = allocation;
    if (range === undefined || --allocation.references > 0) return;
    this.byId.delete(id);
    this.byKey.delete(identity.labels.key);
    range.giveBack(id);
    this.tell({ kind: "removed", identity });
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

  private remember(identity: Identity, range: NumberRange | undefined): Allocation {
    const allocation = { identity, range, references: 0 };
    this.byKey.set(identity.labels.key, allocation);
    this.byId.set(identity.id, allocation);
    return allocation;
  }

  private tell(change: IdentityChange): void {
    for (const listener of this.listeners) listener(change);
  }
}

function exhausted(labels: LabelSet, range: NumberRange): WeirError {
  const network = labels.hasSource(CIDR_SOURCE);
  // Of a network the label that says which one is the longest of many.
  const whose = network ? "the networks of the policies" : JSON.stringify(labels.texts);
  const hint = network ? "name fewer networks in policies" : "give fewer workloads labels of their own";
  const message = `no identity is left for ${whose}: all ${range.capacity} are in use; ${hint}`;
  return new WeirError("WEIR_IDENTITY_EXHAUSTED", message);
}
