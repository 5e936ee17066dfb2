import type { EndpointListener } from "../endpoint/endpoint-manager.ts";
import type { EndpointSpec } from "../endpoint/endpoint-spec.ts";
import type { EndpointStatus } from "../endpoint/endpoint-status.ts";
import type { Identity } from "../identity/allocator.ts";
import type { AgentNotifier } from "./monitor-notifier.ts";

/** Tells the monitor of the lives of endpoints, after another listener has heard of them. */
export class EndpointAnnouncer implements EndpointListener {
  private readonly next: EndpointListener;
  private readonly notifier: AgentNotifier;
  private readonly known = new Set<string>();

  constructor(next: EndpointListener, notifier: AgentNotifier) {
    this.next = next;
    this.notifier = notifier;
  }

  settled(spec: EndpointSpec, identity: Identity): void {
    this.next.settled(spec, identity);
    const subtype = this.known.has(spec.name) ? "Endpoint changed" : "Endpoint created";
    this.known.add(spec.name);
    const message = { endpoint: spec.name, identity: identity.id, labels: identity.labels.texts };
    this.notifier.notify({ subtype, message });
  }

  gone(name: string): void {
    this.next.gone(name);
    this.known.delete(name);
    this.notifier.notify({ subtype: "Endpoint deleted", message: { endpoint: name } });
  }

  regenerated({ name, identity, labels, revision, failure }: EndpointStatus): void {
    const message = { endpoint: name, identity, labels, revision: revision.realized };
    if (failure === undefined) this.notifier.notify({ subtype: "Endpoint regenerated", message });
    else this.notifier.notify({ subtype: "Failed endpoint regeneration", message: { ...message, error: failure } });
  }
}
