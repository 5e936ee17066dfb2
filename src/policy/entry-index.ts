import type { Port } from "../api/identity.ts";
import type { PolicyEntry } from "./policy-entry.ts";
import type { CachedSelector } from "./selector-cache.ts";

/** Entries by port and selector: what applies to a peer is found without a look at what concerns others. */
export class EntryIndex {
  private readonly anyPort = new Shelf();
  private readonly byPort = new Map<Port, Shelf>();

  constructor(entries: readonly PolicyEntry[]) {
    for (const entry of entries) {
      if (entry.ports === undefined) this.anyPort.add(entry);
      for (const port of entry.ports ?? []) {
        let shelf = this.byPort.get(port);
        if (!shelf) {
          shelf = new Shelf();
          this.byPort.set(port, shelf);
        }
        shelf.add(entry);
      }
    }
  }

  /** The ports that entries name. */
  get ports(): Iterable<Port> {
    return this.byPort.keys();
  }

  namesPort(port: Port): boolean {
    return this.byPort.has(port);
  }

  /** Entries that name the port. */
  onPort(port: Port): readonly PolicyEntry[] {
    return this.byPort.get(port)?.all ?? [];
  }

  /** By index. */
  applicable(port: Port, selectors: ReadonlySet<CachedSelector>): readonly PolicyEntry[] {
    const found = new Set<PolicyEntry>();
    this.byPort.get(port)?.collect(selectors, found);
    this.anyPort.collect(selectors, found);
    return [...found].sort((a, b) => a.index - b.index);
  }
}

class Shelf {
  readonly all: PolicyEntry[] = [];
  private readonly ofEverybody: PolicyEntry[] = [];
  private readonly bySelector = new Map<CachedSelector, PolicyEntry[]>();

  add(entry: PolicyEntry): void {
    this.all.push(entry);
    if (entry.peers === "all") this.ofEverybody.push(entry);
    else for (const cached of entry.peers) this.file(cached, entry);
  }

  collect(selectors: ReadonlySet<CachedSelector>, found: Set<PolicyEntry>): void {
    for (const entry of this.ofEverybody) found.add(entry);
    if (selectors.size <= this.bySelector.size) {
      for (const cached of selectors) addMet(this.bySelector.get(cached) ?? [], selectors, found);
      return;
    }
    for (const [cached, entries] of this.bySelector) if (selectors.has(cached)) addMet(entries, selectors, found);
  }

  private file(cached: CachedSelector, entry: PolicyEntry): void {
    const present = this.bySelector.get(cached);
    if (present) present.push(entry);
    else this.bySelector.set(cached, [entry]);
  }
}

/** Adds those of the entries whose requirement is met. */
function addMet(
  entries: readonly PolicyEntry[],
  selectors: ReadonlySet<CachedSelector>,
  found: Set<PolicyEntry>,
): void {
  for (const entry of entries) if (entry.requires === undefined || selectors.has(entry.requires)) found.add(entry);
}
