import { ProblemsError } from "../../api/problems-error.ts";
import type { ApiProblem, PolicyText } from "../../api/rest.ts";
import type { TraceQuery, TraceReport } from "../../api/trace.ts";
import { PeerDirectory } from "../../endpoint/peer-directory.ts";
import { IdentityLabels } from "../../identity/identity-labels.ts";
import { LocalIdentityAllocator } from "../../identity/local-allocator.ts";
import { wellKnownIdentities } from "../../identity/well-known.ts";
import { putHostAddresses } from "../../ipcache/host-addresses.ts";
import { IpCache } from "../../ipcache/ipcache.ts";
import { parsePolicyText } from "../../policy/document/parse-policy-text.ts";
import { loadConfig, parseConfig } from "../config/load-config.ts";
import { createRegistry } from "../create-registry.ts";
import { composePolicy } from "./policy-core.ts";

export interface OfflineTrace {
  readonly report: TraceReport;
  /** What is right in the policies and may not be meant. */
  readonly warnings: readonly ApiProblem[];
}

/**
 * Traces with the given policies alone, without an agent: its rooms are joined as an agent joins them, with no data plane.
 * Throws WEIR_CONFIG_INVALID, WEIR_EXTENSION_INVALID, WEIR_POLICY_INVALID, WEIR_POLICY_CONFLICT, WEIR_REQUEST_INVALID.
 *
 * @param configFile Gives endpoints, extensions, labels and the enforcement mode; undefined: the defaults, no endpoints.
 */
export async function traceOffline(
  texts: readonly PolicyText[],
  query: TraceQuery,
  configFile: string | undefined,
): Promise<OfflineTrace> {
  const config = configFile === undefined ? parseConfig("/weir.yaml", "{}") : await loadConfig(configFile);
  const registry = await createRegistry(config);
  const names = { fixedIdentities: new Set(config.fixedIdentities.keys()) };
  const parsed = texts.map(({ text, source }) =>
    parsePolicyText(text, { kind: "file", name: source }, registry.declarations(), names),
  );
  const errors = parsed.flatMap((one) => one.errors);
  if (errors.length > 0) {
    const count = errors.length === 1 ? "1 problem" : `${errors.length} problems`;
    throw new ProblemsError("WEIR_POLICY_INVALID", `${count} in the policies; nothing was traced`, errors);
  }

  const { clusterName, labelFilter, fixedIdentities, policyEnforcement: enforcement } = config;
  const identities = new LocalIdentityAllocator({
    predefined: [...wellKnownIdentities(clusterName), ...fixedIdentities.values()],
  });
  const identityLabels = new IdentityLabels(labelFilter, fixedIdentities);
  const ipCache = new IpCache();
  putHostAddresses(ipCache);
  const listener = new PeerDirectory(ipCache, identities);
  const policy = composePolicy({
    identities,
    identityLabels,
    ipCache,
    registry,
    enforcement,
    dataPlanes: [],
    listener,
  });
  await policy.endpoints.add(config.endpoints);
  await policy.importer.put(parsed.flatMap((one) => one.documents));
  return { report: policy.trace(query), warnings: parsed.flatMap((one) => one.warnings) };
}
