import { EmbeddedDataPlane } from "../datapath/embedded/embedded-data-plane.ts";
import type { IdentityLookup } from "../datapath/embedded/identity-lookup.ts";
import { Instance } from "../proxylib/instance.ts";
import { PolicyMap } from "../proxylib/policy-map.ts";
import type { RecordSink } from "../proxylib/record-sink.ts";
import type { ExtensionRegistry } from "../proxylib/registry.ts";
import type { AgentConfig } from "./config/config.ts";
import { redirectsOf } from "./config/redirects-of.ts";

/** The embedded data plane with the extension library behind it, both looking at one map of policies. */
export function composeDataPlane(
  config: AgentConfig,
  registry: ExtensionRegistry,
  identities: IdentityLookup,
  records: RecordSink,
): EmbeddedDataPlane {
  const policies = new PolicyMap();
  const { connectionsMax, connectTimeoutMs, extensionConfig } = config;
  return new EmbeddedDataPlane({
    redirects: redirectsOf(config),
    identities,
    opener: new Instance({ extensions: registry, policies, records }),
    policies,
    records,
    extensionConfig: (name) => (Object.hasOwn(extensionConfig, name) ? extensionConfig[name] : undefined) ?? {},
    limits: { connectionsMax, connectTimeoutMs },
  });
}
