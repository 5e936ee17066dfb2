import type { HostListenerReport } from "../../../api/host-report.ts";
import type { NumericIdentity } from "../../../api/identity.ts";
import { WeirError } from "../../../lib/error.ts";
import type { LogLevel } from "../../../lib/log.ts";
import type { EndpointPolicy } from "../../../policy/endpoint-policy.ts";
import type { Acknowledgement, DataPlane, DataPlaneStatus } from "../../dataplane.ts";
import { createCounters, type EmbeddedCounters } from "../counters.ts";
import type { EmbeddedLimits } from "../limits.ts";
import type { OpenListener } from "../listener-set.ts";
import { formatTarget, type Redirect } from "../redirect.ts";
import { bypassWarnings } from "../warnings.ts";
import type { HostAnswer, HostDistribution, HostFleet } from "./host-fleet.ts";
import { HostRevisions } from "./host-revisions.ts";
import { listenerNames } from "./listener-name.ts";
import { type EncodedPolicy, PolicyResources } from "./policy-resources.ts";
import { reserveListeners } from "./reserved-listeners.ts";
import { encodeHostSettings, encodeListener, type HostSettings, SETTINGS_NAME } from "./resources.ts";

/** Whose policy, and of which revision. */
export type WhoAndWhen = Pick<EndpointPolicy, "endpoint" | "identity" | "revision">;

export interface HostedOptions {
  readonly redirects: readonly Redirect[];
  /** How many hosts share the connections. */
  readonly hosts: number;
  readonly fleet: HostFleet;
  readonly distribution: HostDistribution;
  /** The policy as resources for hosts. Throws a WeirError where it cannot be told to them. */
  readonly encode: (policy: EndpointPolicy) => EncodedPolicy;
  /** One that lets nothing through. */
  readonly encodeDenial: (endpoint: WhoAndWhen) => EncodedPolicy;
  readonly limits: ConnectionLimits;
  readonly settings: Pick<HostSettings, "extensionConfig" | "drainMs" | "logLevel">;
}

/** Longer than a host that is away may live: only one that attaches and takes no policies is given up by it. */
const AWAY_MS_MAX = 15_000;

type ConnectionLimits = Pick<EmbeddedLimits, "connectionsMax" | "connectTimeoutMs">;

/**
 * The embedded data plane in processes of its own. Nothing of a user's traffic comes here: policies and listeners are
 * resources that hosts take or refuse, and what hosts tell of themselves is put together.
 */
export class HostedDataPlane implements DataPlane {
  readonly name = "embedded";
  private readonly options: HostedOptions;
  private readonly names: ReadonlyMap<Redirect, string>;
  private readonly policies: PolicyResources;
  /** Endpoint → the identity for which the policy was made that hosts are told. */
  private readonly identityOf = new Map<string, NumericIdentity>();
  private readonly revisions = new HostRevisions();
  private limits: ConnectionLimits;
  private settings: HostedOptions["settings"];
  private open: readonly OpenListener[] = [];
  private state: DataPlaneStatus["state"] = "stopped";
  private ending = false;

  constructor(options: HostedOptions) {
    this.options = options;
    this.names = listenerNames(options.redirects);
    this.policies = new PolicyResources(options.distribution);
    options.distribution.onAnswer((kind, name, version, answer) => {
      if (kind === "NetworkPolicy") this.revisions.answered(name, version, answer);
    });
    this.limits = options.limits;
    this.settings = options.settings;
    this.settle();
  }

  /** What hosts have counted since the agent's start. */
  get counters(): EmbeddedCounters {
    return { ...createCounters(), ...this.options.fleet.counters() };
  }

  /** Holds for the connections that come from now on. */
  changeLimits(limits: ConnectionLimits): void {
    this.limits = limits;
    this.settle();
  }

  changeLogLevel(logLevel: LogLevel): void {
    this.settings = { ...this.settings, logLevel };
    this.settle();
  }

  /** Has every host listen. Throws a WeirError that names every listener that cannot be opened, or if it is stopped first. */
  async start(): Promise<void> {
    const { fleet, distribution, redirects } = this.options;
    await fleet.ready();
    const reserved = await reserveListeners(redirects, this.served());
    try {
      for (const { redirect, listen } of reserved.listeners) {
        distribution.put("Listener", this.nameOf(redirect), encodeListener(redirect, listen));
      }
      distribution.complete();
      const problems = await this.opened();
      if (problems.length > 0) throw new WeirError("WEIR_CONFIG_INVALID", `cannot listen:\n${problems.join("\n")}`);
    } finally {
      reserved.release();
    }
    this.open = reserved.listeners;
    this.state = "running";
  }

  async apply(policy: EndpointPolicy): Promise<Acknowledgement> {
    const { endpoint, revision } = policy;
    try {
      this.deliver(policy, this.options.encode(policy));
    } catch (error) {
      await this.keepLastGood(policy);
      throw error;
    }
    const reasons = reasonsOf(await this.answersOf(endpoint), (host) => this.labelOf(host));
    if (reasons.length === 0) return { accepted: true, revision };
    return { accepted: false, revision, reason: reasons.join("; ") };
  }

  async forget(endpoint: string): Promise<void> {
    this.policies.remove(endpoint);
    this.identityOf.delete(endpoint);
    this.revisions.forget(endpoint);
    await this.options.distribution.settled();
  }

  /** Who is who was put before; settles when every host judges by it. */
  async identitiesChanged(): Promise<void> {
    await this.options.distribution.settled();
  }

  async stop(graceMs: number): Promise<void> {
    this.ending = true;
    if (this.state === "running") this.state = "draining";
    await this.options.fleet.stop(graceMs);
    this.state = "stopped";
  }

  status(): DataPlaneStatus {
    const { fleet, redirects } = this.options;
    const hosts = fleet.reports();
    this.revisions.keep(new Set(hosts.map(({ instance }) => instance)));
    const expected = redirects.map((redirect) => ({ redirect, listen: formatTarget(redirect.listen) }));
    return {
      name: this.name,
      state: this.state,
      connections: hosts.reduce((sum, { connections }) => sum + connections, 0),
      listeners: this.open.map(({ redirect, listen }) => ({
        listen,
        upstream: formatTarget(redirect.upstream),
        endpoint: redirect.endpoint,
        direction: redirect.direction,
      })),
      warnings: bypassWarnings(this.open.length > 0 ? this.open : expected),
      hosts: hosts.map(({ instance, ...host }) => ({ ...host, ...this.revisions.of(instance) })),
    };
  }

  private deliver({ endpoint, identity, revision }: WhoAndWhen, encoded: EncodedPolicy): void {
    const version = this.policies.put(endpoint, encoded);
    this.identityOf.set(endpoint, identity);
    this.revisions.want(endpoint, version, revision);
  }

  /**
   * No host hears of the policy, so none can refuse it. An endpoint that has become another one must not go on under the
   * rules of what it was: settles when hosts deny everything, or at once where they may keep what they have.
   */
  private async keepLastGood({ endpoint, identity, revision }: WhoAndWhen): Promise<void> {
    const former = this.identityOf.get(endpoint);
    if (former === undefined || former === identity) return;
    const who = { endpoint, identity, revision };
    this.deliver(who, this.options.encodeDenial(who));
    await this.answersOf(endpoint);
  }

  /**
   * Of every host that lets traffic through. One whose connection to the agent broke off serves on under the former
   * policy: until it is back and has answered, or has ended, nobody may be told that the policy is in force.
   */
  private async answersOf(endpoint: string): Promise<readonly HostAnswer[]> {
    const { fleet, distribution } = this.options;
    const deadlineMs = performance.now() + AWAY_MS_MAX;
    for (;;) {
      await fleet.ready();
      const answers = await distribution.answers("NetworkPolicy", endpoint);
      const answered = new Set(answers.map(({ subscriber }) => subscriber));
      const away = fleet.serving().filter((instance) => !answered.has(instance));
      if (away.length === 0 || this.ending) return answers;
      if (performance.now() >= deadlineMs) {
        const refused = away.map(
          (subscriber) => ({ subscriber, accepted: false, reason: "it is not connected" }) as const,
        );
        return [...answers, ...refused];
      }
      // Hosts that are attached report every second; others are killed after some.
      await fleet.nextReport();
    }
  }

  private settle(): void {
    const { hosts, distribution } = this.options;
    const { connectionsMax, connectTimeoutMs } = this.limits;
    // The kernel spreads connections evenly, and no host knows how many the others have.
    const share = Math.ceil(connectionsMax / hosts);
    const settings = { ...this.settings, connectTimeoutMs, connectionsMax: share };
    distribution.put("HostSettings", SETTINGS_NAME, encodeHostSettings(settings));
  }

  /** Where hosts that outlived another agent listen already. */
  private served(): ReadonlyMap<Redirect, string> {
    const reported = this.options.fleet.listeners().flatMap(({ listeners }) => listeners);
    const bound = new Map(reported.flatMap(({ name, listen }) => (listen === "" ? [] : [[name, listen] as const])));
    const served = [...this.names].map(([redirect, name]) => [redirect, bound.get(name)] as const);
    return new Map(served.filter((one): one is readonly [Redirect, string] => one[1] !== undefined));
  }

  /** Waits until every host has said of every listener how it stands. @returns Why some are not open. */
  private async opened(): Promise<string[]> {
    const { fleet } = this.options;
    const names = [...this.names.values()];
    while (!this.ending) {
      const hosts = fleet.listeners().filter(({ wanted }) => wanted);
      const told = hosts.map(({ listeners }) => new Set(listeners.filter(isSettled).map(({ name }) => name)));
      if (hosts.length > 0 && told.every((known) => names.every((name) => known.has(name)))) {
        const errors = hosts.flatMap(({ listeners }) => listeners.flatMap(({ error }) => error ?? []));
        return [...new Set(errors)].map((error) => `  ${error}`);
      }
      await fleet.nextReport();
    }
    // Hosts that never came about must not keep the agent from ending.
    return ["  told to end before every host had opened its listeners"];
  }

  private nameOf(redirect: Redirect): string {
    return this.names.get(redirect) ?? "";
  }

  private labelOf(instance: string): string {
    const host = this.options.fleet.reports().find((one) => one.instance === instance);
    return host === undefined ? "a host" : `host ${host.index}`;
  }
}

function reasonsOf(answers: readonly HostAnswer[], labelOf: (host: string) => string): string[] {
  return answers.flatMap((one) => (one.accepted ? [] : [`${labelOf(one.subscriber)}: ${one.reason}`]));
}

function isSettled({ listen, error }: HostListenerReport): boolean {
  return listen !== "" || error !== undefined;
}
