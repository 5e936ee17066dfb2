import { HostSlot } from "./host-slot.ts";
import type { HostEntry } from "./hosts-file.ts";
import type { SupervisedHost } from "./supervised-host.ts";

/** Who is there: all host processes that live, as far as is known, and the places that they are wanted in. */
export class HostTable {
  readonly slots: readonly HostSlot[];
  /** By instance. */
  private readonly hosts = new Map<string, SupervisedHost>();

  /** @param places How many hosts are wanted. */
  constructor(places: number, random: () => number) {
    this.slots = Array.from({ length: places }, (_, index) => new HostSlot(index, random));
  }

  get size(): number {
    return this.hosts.size;
  }

  /** Those in nobody's place included. */
  get living(): readonly SupervisedHost[] {
    return [...this.hosts.values()];
  }

  /** Hosts that are in nobody's place any more: they are to end. */
  get displaced(): readonly SupervisedHost[] {
    return this.living.filter((host) => this.placeOf(host) === undefined);
  }

  get entries(): readonly HostEntry[] {
    return this.living.map(({ entry }) => entry);
  }

  add(host: SupervisedHost): void {
    this.hosts.set(host.entry.instance, host);
  }

  /** It has ended. */
  remove({ entry }: SupervisedHost): void {
    this.hosts.delete(entry.instance);
  }

  find(instance: string): SupervisedHost | undefined {
    return this.hosts.get(instance);
  }

  has(host: SupervisedHost): boolean {
    return this.hosts.get(host.entry.instance) === host;
  }

  /** The place that it was started for, whoever is in it now; undefined: fewer are wanted than when it was. */
  slotOf({ entry }: SupervisedHost): HostSlot | undefined {
    return this.slots[entry.index];
  }

  /** The place that it is in. */
  placeOf(host: SupervisedHost): HostSlot | undefined {
    const slot = this.slotOf(host);
    return slot?.host === host ? slot : undefined;
  }
}
