import type { EndpointListener } from "../endpoint/endpoint-manager.ts";
import type { EndpointSpec } from "../endpoint/endpoint-spec.ts";
import type { EndpointStatus } from "../endpoint/endpoint-status.ts";
import type { Identity } from "../identity/allocator.ts";
import type { Logger } from "../lib/log.ts";
import type { AgentNotifier } from "./monitor-notifier.ts";

/** Tells the monitor of the lives of endpoints, after another listener has heard of them; the log, of what fails. */
export class EndpointAnnouncer implements EndpointListener {
  private readonly next: EndpointListener;
  private readonly notifier: AgentNotifier;
  private readonly logger: Logger;
  private readonly known = new Set<string>();
  /** By name: why the newest policy is not in force, as it was logged. */
  private readonly failures = new Map<string, string>();

  constructor(next: EndpointListener, notifier: AgentNotifier, logger: Logger) {
    this.next = next;
    this.notifier = notifier;
    this.logger = logger;
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
    this.failures.delete(name);
    this.notifier.notify({ subtype: "Endpoint deleted", message: { endpoint: name } });
  }

  regenerated(status: EndpointStatus): void {
    this.logFailure(status);
    const { name, identity, labels, revision, failure } = status;
    const message = { endpoint: name, identity, labels, revision: revision.realized };
    if (failure === undefined) this.notifier.notify({ subtype: "Endpoint regenerated", message });
    else this.notifier.notify({ subtype: "Failed endpoint regeneration", message: { ...message, error: failure } });
  }
  /** Once for each reason: every change of policy tries again. */
  private logFailure({ name, revision, failure }: EndpointStatus): void {
    const instead = revision.realized === 0 ? "everything is denied" : "what was in force before stays";
    const news = failure && `${instead}: ${failure}`;
    if (news === this.failures.get(name)) return;
    if (news === undefined) {
      this.failures.delete(name);
      this.logger.info({ endpoint: name, revision: revision.realized }, "the newest policy is in force again");
      return;
    }
    // A failure that comes after the endpoint has gone would stay for ever.
    if (this.known.has(name)) this.failures.set(name, news);
    this.logger.error({ endpoint: name }, `the newest policy is not in force, ${news}`);
  }
}
