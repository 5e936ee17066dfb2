import { WeirError } from "../lib/error.ts";
import { NAME_BYTES_MAX, OVERHEAD_BYTES, RESOURCE_BYTES_MAX, RESOURCES_MAX } from "./limits.ts";
import { RESOURCE_KINDS, type Resource, type ResourceKind } from "./resource.ts";

export interface StoredResource extends Resource {
  /** What it takes in a message. */
  readonly bytes: number;
}

/** What every subscriber should have. */
export class ResourceStore {
  private readonly kinds = mapPerKind<StoredResource>();
  private count = 0;
  /** Counts changes. */
  private changes = 0;

  /** Number of the newest change. */
  get sequence(): number {
    return this.changes;
  }

  get(kind: ResourceKind, name: string): StoredResource | undefined {
    return this.kinds[kind].get(name);
  }

  all(kind: ResourceKind): ReadonlyMap<string, StoredResource> {
    return this.kinds[kind];
  }

  /**
   * @param version Of this content.
   * @throws WeirError WEIR_LIMIT_EXCEEDED where it is more than can be delivered.
   */
  put(kind: ResourceKind, name: string, version: string, value: Uint8Array): void {
    const resources = this.kinds[kind];
    const former = resources.get(name);
    if (former?.version === version) return;
    const nameBytes = checkedNameBytes(kind, name);
    if (value.length > RESOURCE_BYTES_MAX) {
      throw exceeded(kind, name, `is ${value.length} bytes long, and hosts take at most ${RESOURCE_BYTES_MAX}`);
    }
    if (former === undefined) {
      if (this.count >= RESOURCES_MAX) throw exceeded(kind, name, `is more than the ${RESOURCES_MAX} that hosts take`);
      this.count += 1;
    }
    this.changes += 1;
    resources.set(name, {
      name,
      version,
      value,

      bytes: nameBytes + value.length + OVERHEAD_BYTES,
    });
  }

  /** @returns Whether there was one. */
  remove(kind: ResourceKind, name: string): boolean {
    if (!this.kinds[kind].delete(name)) return false;
    this.count -= 1;
    this.changes += 1;
    return true;
  }
}

/** An empty map for each kind. */
export function mapPerKind<T>(): Record<ResourceKind, Map<string, T>> {
  return Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, new Map<string, T>()])) as Record<
    ResourceKind,
    Map<string, T>
  >;
}

function checkedNameBytes(kind: ResourceKind, name: string): number {
  const bytes = Buffer.byteLength(name);
  if (bytes > NAME_BYTES_MAX)
    throw exceeded(kind, `${name.slice(0, 64)}…`, `has a name of more than ${NAME_BYTES_MAX} bytes`);
  // A map of protobuf is an object here, where this name says something else.
  if (bytes === 0 || name === "__proto__") throw exceeded(kind, name, "has a name that cannot be delivered");
  return bytes;
}

function exceeded(kind: ResourceKind, name: string, why: string): WeirError {
  return new WeirError("WEIR_LIMIT_EXCEEDED", `${kind} "${name}" cannot be delivered to hosts: it ${why}`);
}
