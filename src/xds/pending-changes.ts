import { ChangeQueue } from "./change-queue.ts";
import { BATCH_BYTES_MAX, OVERHEAD_BYTES } from "./limits.ts";
import { RESOURCE_KINDS, type ResourceKind } from "./resource.ts";
import { mapPerKind, type ResourceStore, type StoredResource } from "./resource-store.ts";

/** Name → version, of each kind. */
export type Versions = Readonly<Record<ResourceKind, ReadonlyMap<string, string>>>;

/** Resources of one kind that go together. */
export interface Delivery {
  readonly kind: ResourceKind;
  readonly put: readonly StoredResource[];
  readonly removed: readonly string[];
  readonly bytes: number;
  /** The oldest change that it carries. */
  readonly oldest: number;
  /** The newest change that it says something of, for the names that it has. */
  readonly newest: number;
}

/** Each of these goes alone, so that each is accepted or refused for its own reason. */
const ALONE: ReadonlySet<ResourceKind> = new Set(["NetworkPolicy", "HostSettings", "Listener"]);

export function goesAlone(kind: ResourceKind): boolean {
  return ALONE.has(kind);
}

/**
 * The difference between the store and what one subscriber has been sent. However often a resource changes, it waits
 * once, and goes as it is then.
 */
export class PendingChanges {
  private readonly store: ResourceStore;
  /** What the subscriber has, or will have when everything that was sent has arrived. */
  private readonly sent = mapPerKind<string>();
  private readonly puts = queuePerKind();
  private readonly removals = queuePerKind();

  /** @param versions What the subscriber has already. */
  constructor(store: ResourceStore, versions: Versions) {
    this.store = store;
    for (const kind of RESOURCE_KINDS) {
      for (const [name, version] of versions[kind]) {
        this.sent[kind].set(name, version);
        this.compare(kind, name, 0);
      }
      for (const name of store.all(kind).keys()) this.compare(kind, name, 0);
    }
  }

  /** Looks at what the newest change has made of a name. */
  changed(kind: ResourceKind, name: string): void {
    this.compare(kind, name, this.store.sequence);
  }

  has(kind: ResourceKind, name: string): boolean {
    return this.puts[kind].has(name) || this.removals[kind].has(name);
  }

  /** The oldest change that waits. Infinity: none. */
  get oldest(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const kind of RESOURCE_KINDS) {
      const put = this.puts[kind].first()?.[1] ?? oldest;
      const removal = this.removals[kind].first()?.[1] ?? oldest;
      oldest = Math.min(oldest, put, removal);
    }
    return oldest;
  }

  /**
   * What goes next: what came, in the order of the kinds, then what went, in the reverse order. So nobody gets a policy
   * before the identities that it speaks of, or loses an identity before the policies that spoke of it.
   *
   * @param bytesMax undefined is returned where even the first resource is longer.
   */
  take(bytesMax: number): Delivery | undefined {
    const came = RESOURCE_KINDS.find((kind) => this.puts[kind].size > 0);
    if (came !== undefined) return this.takePuts(came, bytesMax);
    const went = RESOURCE_KINDS.findLast((kind) => this.removals[kind].size > 0);
    return went === undefined ? undefined : this.takeRemovals(went, bytesMax);
  }

  private compare(kind: ResourceKind, name: string, sequence: number): void {
    const present = this.store.get(kind, name);
    const had = this.sent[kind].get(name);
    if (present !== undefined && present.version !== had) this.puts[kind].add(name, sequence);
    else this.puts[kind].delete(name);
    if (present === undefined && had !== undefined) this.removals[kind].add(name, sequence);
    else this.removals[kind].delete(name);
  }

  private takePuts(kind: ResourceKind, bytesMax: number): Delivery | undefined {
    const queue = this.puts[kind];
    const put: StoredResource[] = [];
    const oldest = queue.first()?.[1] ?? 0;
    let bytes = 0;
    for (let first = queue.first(); first !== undefined; first = queue.first()) {
      const resource = this.store.get(kind, first[0]);
      // Cannot be: what the store has not does not wait here.
      if (resource === undefined) throw new Error(`${kind} "${first[0]}" waits and is not there`);
      if (!fits(kind, put.length, bytes + resource.bytes, bytesMax)) break;
      queue.delete(resource.name);
      this.sent[kind].set(resource.name, resource.version);
      put.push(resource);
      bytes += resource.bytes;
    }
    return put.length === 0 ? undefined : { kind, put, removed: [], bytes, oldest, newest: this.store.sequence };
  }

  private takeRemovals(kind: ResourceKind, bytesMax: number): Delivery | undefined {
    const queue = this.removals[kind];
    const removed: string[] = [];
    const oldest = queue.first()?.[1] ?? 0;
    let bytes = 0;
    for (let first = queue.first(); first !== undefined; first = queue.first()) {
      const [name] = first;
      const size = Buffer.byteLength(name) + OVERHEAD_BYTES;
      if (!fits(kind, removed.length, bytes + size, bytesMax)) break;
      queue.delete(name);
      this.sent[kind].delete(name);
      removed.push(name);
      bytes += size;
    }
    return removed.length === 0 ? undefined : { kind, put: [], removed, bytes, oldest, newest: this.store.sequence };
  }
}

/** Whether one more may join those that go together. @param bytes Of all of them. */
function fits(kind: ResourceKind, already: number, bytes: number, bytesMax: number): boolean {
  if (bytes > bytesMax) return false;
  return already === 0 || (!goesAlone(kind) && bytes <= BATCH_BYTES_MAX);
}

function queuePerKind(): Record<ResourceKind, ChangeQueue> {
  return Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, new ChangeQueue()])) as Record<
    ResourceKind,
    ChangeQueue
  >;
}
