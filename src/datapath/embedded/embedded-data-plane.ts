import type { Socket } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import { WeirError } from "../../lib/error.ts";
import type { ConnectionVerdict, EndpointPolicy } from "../../policy/endpoint-policy.ts";
import type { PolicyMap } from "../../proxylib/policy-map.ts";
import type { RecordSink } from "../../proxylib/record-sink.ts";
import type { Acknowledgement, DataPlane, DataPlaneStatus } from "../dataplane.ts";
import { readReusing } from "./accepted-socket.ts";
import { type Connector, connectTcp } from "./connect.ts";
import { ConnectionTable } from "./connection-table.ts";
import { createCounters, type EmbeddedCounters } from "./counters.ts";
import type { IdentityLookup } from "./identity-lookup.ts";
import { DEFAULT_EMBEDDED_LIMITS, type EmbeddedLimits } from "./limits.ts";
import { ListenerSet, type OpenListener } from "./listener-set.ts";
import { type ConnectionServices, LiveConnection, type StreamOpener } from "./live-connection.ts";
import { formatTarget, type Redirect } from "./redirect.ts";
import { resetSocket } from "./socket-end.ts";
import { clientOf, connectionInfo, identify, type Subject } from "./subject.ts";
import { bypassWarnings } from "./warnings.ts";

/** Live connections that one turn of the event loop looks at: that must not stop the traffic of everybody else. */
const VISITED_PER_TURN = 256;

const TCP = "tcp";

export interface EmbeddedOptions {
  readonly redirects: readonly Redirect[];
  readonly identities: IdentityLookup;
  /** Opens connections under an extension; it must look policy up in `policies`. */
  readonly opener: StreamOpener;
  readonly policies: PolicyMap;
  readonly records: RecordSink;
  readonly extensionConfig?: (extension: string) => Readonly<Record<string, string>>;
  readonly limits?: Partial<EmbeddedLimits>;
  readonly connector?: Connector;
  /** Several processes share the addresses of the listeners; default: nobody else may listen there. */
  readonly reusePort?: boolean;
}

/** The data plane within the process: explicit listeners on node:net, no privileges needed. */
export class EmbeddedDataPlane implements DataPlane {
  readonly name = "embedded";
  readonly counters: EmbeddedCounters = createCounters();

  private readonly redirects: readonly Redirect[];
  private readonly identities: IdentityLookup;
  private readonly policies: PolicyMap;
  private readonly services: ConnectionServices;
  private readonly table = new ConnectionTable();
  private readonly listeners: ListenerSet;
  private state: DataPlaneStatus["state"] = "stopped";
  private lastId = 0;
  private lookTimer: NodeJS.Timeout | undefined;
  /** The last round that looks anew who is who, and the one that waits for it. */
  private round: Promise<void> = Promise.resolve();
  private nextRound: Promise<void> | undefined;

  constructor(options: EmbeddedOptions) {
    const limits = { ...DEFAULT_EMBEDDED_LIMITS, ...options.limits };
    this.redirects = options.redirects;
    this.identities = options.identities;
    this.policies = options.policies;
    this.services = {
      opener: options.opener,
      records: options.records,
      limits,
      counters: this.counters,
      connector: options.connector ?? connectTcp,
      extensionConfig: options.extensionConfig ?? (() => ({})),
      identify: ({ id, client, redirect }) => identify(id, client, redirect, this.identities),
      judge: (subject) => this.judge(subject),
    };
    this.listeners = new ListenerSet((socket, redirect) => this.accept(socket, redirect), {
      earlyMax: limits.connectionsMax,
      reusePort: options.reusePort ?? false,
    });
  }

  /** Holds for the connections that come from now on. */
  changeLimits(change: Pick<EmbeddedLimits, "connectionsMax" | "connectTimeoutMs">): void {
    const { connectionsMax, connectTimeoutMs } = change;
    Object.assign(this.services.limits, { connectionsMax, connectTimeoutMs });
  }

  /** Throws a WeirError that names every listener that cannot be opened. */
  async start(): Promise<void> {
    this.state = "running";
    try {
      await this.listeners.openAll(this.redirects);
    } catch (error) {
      this.state = "stopped";
      throw error;
    }
    this.lookTimer = setInterval(() => {
      void visit(this.table.all(), (connection) => connection.lookAfter());
    }, this.services.limits.keepAliveAfterMs).unref();
  }

  /** Adds a listener, or puts another one in its place. Throws a WeirError that says why it cannot be opened. */
  async openListener(name: string, redirect: Redirect): Promise<OpenListener> {
    await this.closeListener(name);
    if (this.state !== "running") throw new WeirError("WEIR_CONFIG_INVALID", "the data plane does not run");
    return await this.listeners.open(name, redirect);
  }

  /** Takes a listener away, and ends the connections that came by it: nobody wants them to be let through any more. */
  async closeListener(name: string): Promise<void> {
    const redirect = this.listeners.close(name);
    if (redirect === undefined) return;
    const { endpoint } = redirect;
    await visit([...this.table.of(endpoint)], (connection) => {
      if (connection.subject.redirect === redirect) connection.end("there is no such listener any more");
    });
  }

  async apply(policy: EndpointPolicy): Promise<Acknowledgement> {
    this.policies.set(policy);
    // Connections that are accepted meanwhile are under the new policy already: they need not be, but may be judged again.
    await visit(this.table.of(policy.endpoint), (connection) => connection.rejudge());
    return { accepted: true, revision: policy.revision };
  }

  async forget(endpoint: string): Promise<void> {
    this.policies.delete(endpoint);
    // Those there are now: an endpoint of the same name may come while they are visited.
    await visit([...this.table.of(endpoint)], (connection) =>
      connection.end(`there is no endpoint "${endpoint}" any more`),
    );
  }

  /**
   * These policies and no others, under identities whose numbers may mean others than before. Within one turn of the event
   * loop, however many connections there are: in between, some would be judged by numbers of another time.
   */
  async replaceAll(policies: readonly EndpointPolicy[]): Promise<void> {
    this.policies.replaceAll(policies);
    for (const connection of this.table.all()) connection.rejudge();
  }

  identitiesChanged(): Promise<void> {
    const begin = (): Promise<void> => {
      this.nextRound = undefined;
      this.round = visit(this.table.all(), (connection) => connection.rejudge());
      return this.round;
    };
    // A round that is under way may have passed connections already: one more follows it, for all who ask meanwhile.
    this.nextRound ??= this.round.then(begin, begin);
    return this.nextRound;
  }

  async stop(graceMs: number): Promise<void> {
    if (this.state === "stopped") return;
    this.state = "draining";
    clearInterval(this.lookTimer);
    this.listeners.closeAll();
    const grace = new AbortController();
    const timeout = delay(graceMs, undefined, { signal: grace.signal }).catch(() => undefined);
    await Promise.race([this.table.empty(), timeout]);
    grace.abort();
    for (const connection of this.table.all()) {
      connection.abort("Error", `weir stops, and the connection did not end within ${graceMs} ms`);
    }
    await this.table.empty();
    this.state = "stopped";
  }

  status(): DataPlaneStatus {
    const open = this.listeners.listeners;
    return {
      name: this.name,
      state: this.state,
      connections: this.table.size,
      listeners: open.map(({ redirect, listen }) => ({
        listen,
        upstream: formatTarget(redirect.upstream),
        endpoint: redirect.endpoint,
        direction: redirect.direction,
      })),
      warnings: bypassWarnings(open.length > 0 ? open : this.redirects.map(notYetOpen)),
    };
  }

  private judge(subject: Subject): ConnectionVerdict {
    const { endpoint, direction, upstream } = subject.redirect;
    const policy = this.policies.get(endpoint);
    if (policy === undefined) {
      return { kind: "denied", reason: `no policy is known for the endpoint "${endpoint}"`, origin: undefined };
    }
    return policy[direction].lookup(subject.remote, upstream.port);
  }

  private accept(socket: Socket, redirect: Redirect): void {
    const { counters, limits } = this.services;
    // A paused socket can still fail; nobody else listens yet.
    socket.on("error", () => undefined);
    counters.accepted++;
    const client = clientOf(socket);
    if (this.state !== "running" || client === undefined) {
      resetSocket(socket);
      return;
    }
    const { subject, refusal } = identify(++this.lastId, client, redirect, this.identities);
    if (this.table.size >= limits.connectionsMax) {
      counters.refused++;
      this.refuse(socket, subject, `there are ${limits.connectionsMax} connections already, the configured maximum`);
      return;
    }
    const verdict = this.judge(subject);
    const reason = refusal ?? (verdict.kind === "denied" ? verdict.reason : undefined);
    if (reason !== undefined) {
      counters.denied++;
      this.refuse(socket, subject, reason, refusal === undefined ? verdict.origin : undefined);
      return;
    }
    const connection = new LiveConnection(subject, readReusing(socket), this.services, (closed) => {
      this.table.delete(closed);
      counters.active = this.table.size;
    });
    this.table.add(connection);
    counters.active = this.table.size;
    connection.start();
  }

  private refuse(socket: Socket, subject: Subject, status: string, origin?: RuleOrigin): void {
    const { records } = this.services;
    records.record(connectionInfo(subject, TCP), "Connection", "Denied", origin, { status });
    resetSocket(socket);
  }
}

/** Calls for each connection, with pauses that let traffic go on. */
async function visit(connections: Iterable<LiveConnection>, look: (connection: LiveConnection) => void): Promise<void> {
  let visited = 0;
  for (const connection of connections) {
    look(connection);
    visited++;
    if (visited % VISITED_PER_TURN === 0) await nextTurn();
  }
}

function notYetOpen(redirect: Redirect): OpenListener {
  return { redirect, listen: formatTarget(redirect.listen) };
}
