import type { ResourceConsumer, ResourceKind, ResourceUpdate } from "../xds/resource.ts";

/** What takes one kind after another. */
export type KindConsumers = Readonly<Record<ResourceKind, ResourceConsumer>>;

/** Hands each kind to whoever takes it. What begins or is complete holds for all of them, in the order of the kinds. */
export class ResourceRouter implements ResourceConsumer {
  private readonly byKind: KindConsumers;
  /** Each once: one may take several kinds. */
  private readonly consumers: readonly ResourceConsumer[];
  private readonly onSynced: () => void;

  /** @param onSynced All that there is is in force. */
  constructor(byKind: KindConsumers, onSynced: () => void) {
    this.byKind = byKind;
    this.onSynced = onSynced;
    this.consumers = [...new Set(Object.values(byKind))];
  }

  begin(epoch: string): void {
    for (const consumer of this.consumers) consumer.begin(epoch);
  }

  update(update: ResourceUpdate): Promise<string | undefined> {
    return this.byKind[update.kind].update(update);
  }

  async synced(): Promise<void> {
    // Policies before listeners: nobody is let in under what was in force before.
    for (const consumer of this.consumers) await consumer.synced();
    this.onSynced();
  }
}
