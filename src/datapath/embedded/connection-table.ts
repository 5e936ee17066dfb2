import type { LiveConnection } from "./live-connection.ts";

/** The live connections, by the endpoint whose policy applies to them. */
export class ConnectionTable {
  private readonly byEndpoint = new Map<string, Set<LiveConnection>>();
  private count = 0;
  private whenEmpty: (() => void)[] = [];

  get size(): number {
    return this.count;
  }

  add(connection: LiveConnection): void {
    const { endpoint } = connection.subject.redirect;
    let connections = this.byEndpoint.get(endpoint);
    if (connections === undefined) {
      connections = new Set();
      this.byEndpoint.set(endpoint, connections);
    }
    connections.add(connection);
    this.count++;
  }

  delete(connection: LiveConnection): void {
    const { endpoint } = connection.subject.redirect;
    const connections = this.byEndpoint.get(endpoint);
    if (!connections?.delete(connection)) return;
    if (connections.size === 0) this.byEndpoint.delete(endpoint);
    this.count--;
    if (this.count > 0) return;
    const waiting = this.whenEmpty;
    this.whenEmpty = [];
    for (const resolve of waiting) resolve();
  }

  /** May change while it is read. */
  of(endpoint: string): Iterable<LiveConnection> {
    return this.byEndpoint.get(endpoint) ?? [];
  }

  all(): LiveConnection[] {
    return [...this.byEndpoint.values()].flatMap((connections) => [...connections]);
  }

  /** Resolves as soon as no connection is left. */
  empty(): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => this.whenEmpty.push(resolve));
  }
}
