import type { ExtensionHostEvent } from "../api/host-report.ts";
import { EmbeddedDataPlane } from "../datapath/embedded/embedded-data-plane.ts";
import { namedReasonOf } from "../lib/error.ts";
import type { AdjustableLogger } from "../lib/log.ts";
import { builtInExtensions } from "../parsers/built-in.ts";
import { Instance } from "../proxylib/instance.ts";
import { PolicyMap } from "../proxylib/policy-map.ts";
import { ExtensionRegistry } from "../proxylib/registry.ts";
import type { HostBootstrap } from "./bootstrap.ts";
import { type ExtensionHosts, startExtensionHosts } from "./extension-hosts/extension-hosts.ts";
import { prepareHostFolder, tallyFile } from "./host-files.ts";
import { HostListeners } from "./host-listeners.ts";
import { HostSettingsConsumer } from "./host-settings.ts";
import type { PolicyTarget } from "./policy/policy-target.ts";
import { PolicyWorld } from "./policy/policy-world.ts";
import { RecordSpool } from "./records/record-spool.ts";
import { TallyFile } from "./records/tally-file.ts";
import type { KindConsumers } from "./resource-router.ts";

/** The rooms of a host, joined. */
export interface HostParts {
  readonly plane: EmbeddedDataPlane;
  readonly records: RecordSpool;
  readonly extensionHosts: ExtensionHosts;
  readonly settings: HostSettingsConsumer;
  readonly listeners: HostListeners;
  /** Who takes what an agent delivers. */
  readonly consumers: KindConsumers;
}

export interface HostHooks {
  readonly onListeners: () => void;
  readonly onExtensionHost: (event: ExtensionHostEvent) => void;
}

/** Joins the rooms of a host, and starts the processes of its extensions: none of them is waited for. */
export function composeHost(bootstrap: HostBootstrap, logger: AdjustableLogger, hooks: HostHooks): HostParts {
  const { instance, stateDir } = bootstrap;
  prepareHostFolder(stateDir);
  const tally = new TallyFile(tallyFile(stateDir, bootstrap), instance, (error) =>
    logger.warn({}, `records that die with this host cannot be counted: ${namedReasonOf(error)}`),
  );
  const records = new RecordSpool({ instance, onTurn: (made, acknowledged) => tally.write(made, acknowledged) });
  const registry = new ExtensionRegistry();
  for (const extension of builtInExtensions()) registry.add(extension);
  const extensionHosts = startExtensionHosts({
    ...bootstrap,
    add: (extension) => registry.add(extension),
    onEvent: hooks.onExtensionHost,
    logger,
  });

  const policies = new PolicyMap();
  const plane: EmbeddedDataPlane = new EmbeddedDataPlane({
    redirects: [],
    reusePort: true,
    identities: {
      ofAddress: (address) => world.ofAddress(address),
      ofEndpoint: (name) => world.ofEndpoint(name),
    },
    opener: new Instance({ extensions: registry, policies, records }),
    policies,
    records,
    extensionConfig: (name) => settings.extensionConfig(name),
  });
  const world: PolicyWorld = new PolicyWorld(everywhere(plane, extensionHosts), registry);
  const settings: HostSettingsConsumer = new HostSettingsConsumer({
    changeLimits: (limits) => plane.changeLimits(limits),
    setLogLevel: (level) => logger.setLevel(level),
  });
  const listeners = new HostListeners(plane, hooks.onListeners);
  return {
    plane,
    records,
    extensionHosts,
    settings,
    listeners,
    consumers: {
      Identity: world,
      Address: world,
      Endpoint: world,
      PolicyRules: world,
      NetworkPolicy: world,
      HostSettings: settings,
      Listener: listeners,
    },
  };
}

/** What policy says is in force only when extensions in other processes decide by it, too. */
function everywhere(plane: EmbeddedDataPlane, extensions: ExtensionHosts): PolicyTarget {
  const andExtensions = async (change: Promise<unknown>): Promise<void> => {
    await change;
    extensions.policyChanged();
    await extensions.settled();
  };
  return {
    apply: (policy) => andExtensions(plane.apply(policy)),
    forget: (endpoint) => andExtensions(plane.forget(endpoint)),
    identitiesChanged: () => andExtensions(plane.identitiesChanged()),
    replaceAll: (policies) => andExtensions(plane.replaceAll(policies)),
  };
}
