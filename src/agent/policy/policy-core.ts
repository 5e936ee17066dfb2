import type { TraceQuery, TraceReport } from "../../api/trace.ts";
import type { DataPlane } from "../../datapath/dataplane.ts";
import { type EndpointListener, EndpointManager } from "../../endpoint/endpoint-manager.ts";
import { type RegenerationTimer, UNTIMED } from "../../endpoint/regeneration-observer.ts";
import type { IdentityAllocator } from "../../identity/allocator.ts";
import type { IdentityLabels } from "../../identity/identity-labels.ts";
import { CidrIdentities } from "../../ipcache/cidr-identities.ts";
import type { IpCache } from "../../ipcache/ipcache.ts";
import { systemClock } from "../../lib/clock.ts";
import type { PolicyImporter } from "../../policy/importer.ts";
import { PolicyRepository } from "../../policy/repository.ts";
import { SelectorCache } from "../../policy/selector-cache.ts";
import type { ExtensionRegistry } from "../../proxylib/registry.ts";
import type { PolicyEnforcement } from "../config/config.ts";
import { AnnouncingImporter } from "../monitor-importer.ts";
import type { AgentNotifier } from "../monitor-notifier.ts";
import { tracePolicy } from "./trace-policy.ts";

/** The way of a policy from its documents to the data planes. */
export interface PolicyCore {
  readonly repository: PolicyRepository;
  readonly importer: PolicyImporter;
  readonly endpoints: EndpointManager;
  /** Asks the policy in force. Throws WEIR_REQUEST_INVALID with all that is wrong with the query. */
  trace(query: TraceQuery): TraceReport;
  /** Settles when every endpoint has its policy under the new mode. */
  setEnforcement(mode: PolicyEnforcement): Promise<void>;
}

export interface PolicyCoreOptions {
  readonly identities: IdentityAllocator;
  readonly identityLabels: IdentityLabels;
  readonly ipCache: IpCache;
  readonly registry: ExtensionRegistry;
  readonly enforcement: PolicyEnforcement;
  readonly dataPlanes: readonly DataPlane[];
  readonly listener: EndpointListener;
  /** Hears of changes of policy. */
  readonly notifier?: AgentNotifier;
  readonly timer?: RegenerationTimer;
}

const DEAF: AgentNotifier = { notify() {} };

export function composePolicy(options: PolicyCoreOptions): PolicyCore {
  const {
    identities,
    identityLabels,
    ipCache,
    registry,
    enforcement,
    dataPlanes,
    listener,
    notifier = DEAF,
    timer = UNTIMED,
  } = options;
  const selectors = new SelectorCache(identities);
  const repository = new PolicyRepository(selectors);
  const policy = { repository, selectors, extensions: registry, enforcement };
  const clock = systemClock;
  const endpoints = new EndpointManager({
    identities,
    identityLabels,
    ipCache,
    policy,
    dataPlanes,
    clock,
    listener,
    timer,
  });
  const networks = new CidrIdentities(identities, ipCache, () => endpoints.addressesMoved());
  return {
    repository,
    endpoints,
    importer: new AnnouncingImporter(repository, endpoints, networks, notifier),
    trace: (query) =>
      tracePolicy(query, {
        identities,
        identityLabels,
        ipCache,
        endpoints,
        context: policy,
        extensionNames: () => registry.declarations().keys(),
      }),
    setEnforcement(mode) {
      policy.enforcement = mode;
      return endpoints.regenerateAll();
    },
  };
}
