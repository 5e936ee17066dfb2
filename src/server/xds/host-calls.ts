import type { ServerHttp2Session } from "node:http2";
import type { HostIdentity } from "../../api/host-identity.ts";
import type { Logger } from "../../lib/log.ts";

interface Connected {
  readonly session: ServerHttp2Session;
  /** Method → what ends its call. */
  readonly calls: Map<string, () => void>;
}

/** Sees to it that a host is there once: what it opens anew takes the place of what it had. */
export class HostCalls {
  private readonly logger: Logger;
  private readonly hosts = new Map<string, Connected>();

  constructor(logger: Logger) {
    this.logger = logger;
  }

  /**
   * A call of a host begins.
   *
   * @param end Called when a newer one takes its place.
   * @returns What is to be called when it has ended.
   */
  begin(host: HostIdentity, session: ServerHttp2Session, method: string, end: () => void): () => void {
    const connected = this.connect(host, session);
    connected.calls.get(method)?.();
    connected.calls.set(method, end);
    return () => {
      if (connected.calls.get(method) === end) connected.calls.delete(method);
      if (connected.calls.size === 0 && this.hosts.get(host.instance) === connected) this.hosts.delete(host.instance);
    };
  }

  private connect(host: HostIdentity, session: ServerHttp2Session): Connected {
    const former = this.hosts.get(host.instance);
    if (former?.session === session) return former;
    const connected: Connected = { session, calls: new Map() };
    this.hosts.set(host.instance, connected);
    if (former !== undefined) {
      this.logger.info({ host: host.index }, "a newer connection of a host takes the place of the older one");
      for (const end of [...former.calls.values()]) end();
      former.session.destroy();
    }
    return connected;
  }
}
