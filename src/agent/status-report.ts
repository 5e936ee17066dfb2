import { formatApiProblem } from "../api/problems-error.ts";
import type { ApiProblem, DataPlaneReport, EndpointSummary, PolicyFileReport, StatusReport } from "../api/rest.ts";
import type { DataPlaneStatus } from "../datapath/dataplane.ts";
import { parseAddress } from "../lib/ip/address.ts";
import type { RedirectConfig } from "./config/config.ts";
import type { GateState } from "./load-gate.ts";

/** A list in one sentence that is still read. */
const NAMES_TOLD_MAX = 10;

const LOOPBACK_V4 = 127;

/** What a status is made of. */
export interface StatusParts {
  readonly gate: GateState;
  readonly agent: Omit<StatusReport["agent"], "state">;
  readonly dataPlane: DataPlaneStatus;
  readonly endpoints: readonly EndpointSummary[];
  readonly revision: number;
  readonly documents: number;
  readonly files: readonly PolicyFileReport[];
  /** Of documents that were imported through the API earlier. */
  readonly savedProblems: readonly ApiProblem[];
  readonly redirects: readonly RedirectConfig[];
  readonly counts: Omit<StatusReport["counts"], "endpoints">;
  /** Why the access log cannot be written at present. */
  readonly accessLogFailure: string | undefined;
  /** Records that it lost since the start. */
  readonly accessLogLost: number;
}

export function statusReport(parts: StatusParts): StatusReport {
  const { agent, dataPlane, endpoints, files, revision, documents } = parts;
  const problems = [
    ...files.flatMap((file) => file.problems.map(formatApiProblem)),
    ...parts.savedProblems.map(formatApiProblem),
    ...endpoints.flatMap(({ name, failure }) => (failure === undefined ? [] : [`endpoint ${name}: ${failure}`])),
    ...(parts.accessLogFailure === undefined ? [] : [parts.accessLogFailure]),
  ];
  return {
    agent: { state: stateOf(parts.gate, problems, endpoints), ...agent },
    dataPlanes: [dataPlaneReport(dataPlane, endpoints, revision)],
    policy: {
      revision,
      documents,
      files: files.map(({ file, documents, problems, warnings }) => ({ file, documents, problems, warnings })),
    },
    problems,
    warnings: [
      ...dataPlane.warnings,
      ...borrowedIdentities(endpoints, parts.redirects),
      ...notEnforced(endpoints, parts.redirects),
      ...neverEnforced(agent),
      ...incompleteLog(parts.accessLogLost),
    ],
    counts: { endpoints: endpoints.length, ...parts.counts },
  };
}

function stateOf(
  gate: GateState,
  problems: readonly string[],
  endpoints: readonly EndpointSummary[],
): StatusReport["agent"]["state"] {
  if (gate === "draining" || gate === "blocked") return gate;
  if (gate !== "open") return "starting";
  const behind = endpoints.some(({ revision }) => revision.realized !== revision.wanted);
  return problems.length > 0 || behind ? "degraded" : "ready";
}

function dataPlaneReport(status: DataPlaneStatus, endpoints: readonly EndpointSummary[], now: number): DataPlaneReport {
  const { name, state, connections, listeners } = status;
  const failed = endpoints.flatMap(({ revision }) => revision.failed ?? []);
  return {
    name,
    state,
    connections,
    listeners,
    revision: {
      wanted: Math.max(now, ...endpoints.map(({ revision }) => revision.wanted)),
      realized: Math.min(now, ...endpoints.map(({ revision }) => revision.realized)),
      ...(failed.length === 0 ? {} : { failed: Math.max(...failed) }),
    },
  };
}

/** Policy that somebody wrote and that no listener can enforce. */
function notEnforced(endpoints: readonly EndpointSummary[], redirects: readonly RedirectConfig[]): string[] {
  return (["ingress", "egress"] as const).flatMap((direction) => {
    const covered = new Set(redirects.filter((one) => one.direction === direction).map((one) => one.endpoint));
    const names = endpoints
      .filter((one) => one.enforcement[direction] && !covered.has(one.name))
      .map((one) => one.name);
    if (names.length === 0) return [];
    return [
      `not enforced: policy wants the ${direction} of ${told(names)} enforced, and no ${direction} redirect names them`,
    ];
  });
}

/** Whatever address a listener has: from this machine, every one of them is reached with any source of 127.0.0.0/8. */
function borrowedIdentities(
  endpoints: readonly EndpointSummary[],
  redirects: readonly RedirectConfig[],
): readonly string[] {
  const names = endpoints.filter(({ addresses }) => addresses.some(isLoopback)).map(({ name }) => name);
  if (names.length === 0 || redirects.length === 0) return [];
  return [
    `any local process may bind any 127.x.y.z address, and so be ${told(names)}; ` +
      "use such addresses for demonstration only",
  ];
}

function isLoopback(address: string): boolean {
  const parsed = parseAddress(address);
  return parsed?.family === 4 && parsed.bytes[0] === LOOPBACK_V4;
}

function told(names: readonly string[]): string {
  const more = names.length > NAMES_TOLD_MAX ? ` and ${names.length - NAMES_TOLD_MAX} more` : "";
  return names.slice(0, NAMES_TOLD_MAX).join(", ") + more;
}

function incompleteLog(lost: number): string[] {
  if (lost === 0) return [];
  return [`the access log lacks ${lost} records since the start: they came faster than the disk took them`];
}

function neverEnforced(agent: StatusParts["agent"]): string[] {
  return agent.policyEnforcement === "never" ? ["policyEnforcement is never: everything is allowed"] : [];
}
