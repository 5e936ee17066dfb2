import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import type { HostIdentity } from "../../api/host-identity.ts";
import { XDS_SOCKET_NAME } from "../../api/rest.ts";
import { HostedDataPlane } from "../../datapath/embedded/hosted/hosted-data-plane.ts";
import type { EndpointListener } from "../../endpoint/endpoint-manager.ts";
import type { DeclaredExtension } from "../../host/bootstrap.ts";
import { WeirError } from "../../lib/error.ts";
import type { Logger } from "../../lib/log.ts";
import { timeoutSchedule } from "../../lib/schedule.ts";
import { encodePolicy, type PolicyMessages } from "../../policy/description/encode-policy.ts";
import type { EndpointPolicy } from "../../policy/endpoint-policy.ts";
import { IdentityFeed } from "../../resources/identity-feed.ts";
import { rulesName } from "../../resources/policy-rules-resource.ts";
import { HostsServer } from "../../server/xds/hosts-server.ts";
import { ResourceDistribution } from "../../xds/resource-distribution.ts";
import type { IdentityParts } from "../compose-identities.ts";
import type { AgentConfig } from "../config/config.ts";
import { redirectsOf } from "../config/redirects-of.ts";
import type { HostEvents } from "./host-events.ts";
import { HostSupervisor } from "./host-supervisor.ts";
import { systemSupervisorClock } from "./supervisor-clock.ts";
import { SystemHostProcesses } from "./system-host-processes.ts";

/** Letters of a hash: enough that no two contents ever have the same version. */
const VERSION_LENGTH = 22;
const DENIED = { kind: "denied" } as const;

export interface HostsOptions {
  readonly config: AgentConfig & { readonly extensions: readonly DeclaredExtension[] };
  readonly identities: IdentityParts;
  readonly events: HostEvents;
  /** @returns Below which number the agent has all records of the host. */
  readonly onRecords: (host: HostIdentity, records: Uint8Array) => Promise<number>;
  /** The host sends no more of them on this connection. */
  readonly onRecordsEnd: (host: HostIdentity) => void;
  /** At the end, hosts are left to go on. */
  readonly detach: boolean;
  readonly drainMs: () => number;
  readonly logger: Logger;
}

/** The host processes, and what reaches them. Disposing takes nothing from them but this agent. */
export interface HostParts extends AsyncDisposable {
  readonly distribution: ResourceDistribution;
  readonly supervisor: HostSupervisor;
  /** Must hear of endpoints. */
  readonly listener: EndpointListener;
}

/** Finds the hosts that an agent before this one has left, and can be reached by them. Throws WEIR_CONFIG_INVALID. */
export async function composeHosts(options: HostsOptions): Promise<HostParts> {
  const { config, identities, logger } = options;
  const distribution = new ResourceDistribution({
    epoch: randomBytes(16).toString("base64url"),
    versionOf: (value) => createHash("sha256").update(value).digest("base64url").slice(0, VERSION_LENGTH),
    schedule: timeoutSchedule,
  });
  const listener = new IdentityFeed(distribution, identities.identities, identities.ipCache);
  const supervisor = await superviseHosts(options);
  const server = await HostsServer.open({
    socketPath: join(config.stateDir, XDS_SOCKET_NAME),
    distribution,
    authenticate: (token) => supervisor.authenticate(token),
    onAttach: ({ instance }, channel) => supervisor.attach(instance, channel),
    onRecords: options.onRecords,
    onRecordsEnd: options.onRecordsEnd,
    logger,
  });
  return { distribution, supervisor, listener, [Symbol.asyncDispose]: () => server.close() };
}

/** The embedded data plane that these hosts are. */
export function hostedDataPlane(config: AgentConfig, { distribution, supervisor }: HostParts): HostedDataPlane {
  return new HostedDataPlane({
    redirects: redirectsOf(config),
    hosts: config.hosts,
    fleet: supervisor,
    distribution,
    encode: encodeDescribed,
    encodeDenial: (who) => encodePolicy({ ...who, ingress: DENIED, egress: DENIED }, rulesName),
    limits: config,
    settings: config,
  });
}

function superviseHosts({ config, events, detach, drainMs, logger }: HostsOptions): Promise<HostSupervisor> {
  const { hosts, stateDir, file, extensions, extensionLimits, logLevel } = config;
  return HostSupervisor.open({
    hosts,
    config: { stateDir, configFile: file, extensions, extensionLimits, logLevel },
    detach,
    drainMs,
    processes: new SystemHostProcesses(stateDir),
    events,
    clock: systemSupervisorClock,
    random: Math.random,
    logger,
  });
}

function encodeDescribed(policy: EndpointPolicy): PolicyMessages {
  const description = policy.description?.();
  // Nothing is delivered then, and the endpoint says why.
  if (description === undefined) throw new WeirError("WEIR_POLICY_INVALID", "the policy cannot be described");
  return encodePolicy(description, rulesName);
}
