import { formatApiProblem } from "../api/problems-error.ts";
import type {
  ApiProblem,
  DataPlaneReport,
  EndpointSummary,
  HostReport,
  PolicyFileReport,
  StatusReport,
} from "../api/rest.ts";
import type { DataPlaneStatus } from "../datapath/dataplane.ts";
import type { RedirectConfig } from "./config/config.ts";
import type { GateState } from "./load-gate.ts";
import { statusWarnings } from "./status-warnings.ts";

/** A host that has ended so often, and does not serve, will hardly do so soon. */
const RESTARTS_FAILING = 2;

/** What a status is made of. */
export interface StatusParts {
  readonly gate: GateState;
  readonly agent: Omit<StatusReport["agent"], "state">;
  readonly dataPlane: DataPlaneStatus;
  readonly endpoints: readonly EndpointSummary[];
  readonly revision: number;
  readonly documents: number;
  readonly files: readonly PolicyFileReport[];
  /** Of documents and endpoints that came through the API earlier. */
  readonly savedProblems: readonly ApiProblem[];
  readonly savedWarnings: readonly string[];
  /** Names of the endpoints in audit mode. */
  readonly audited: readonly string[];
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
    ...(dataPlane.hosts ?? []).flatMap(hostProblems),
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
      ...unconfinedWarnings(dataPlane.hosts ?? []),
      ...droppedWarnings(dataPlane.hosts ?? []),
      ...changedWarnings(dataPlane.hosts ?? []),
      ...statusWarnings({ ...parts, policyEnforcement: agent.policyEnforcement }),
      ...parts.savedWarnings,
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
  const { name, state, connections, listeners, hosts } = status;
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
    ...(hosts === undefined ? {} : { hosts: hosts.map((host) => hostReport(host, now)) }),
  };
}

/** What no endpoint needed has the revision all the same. */
function hostReport(host: HostReport, now: number): HostReport {
  const { wanted, realized } = host.revision;
  return realized === wanted ? { ...host, revision: { ...host.revision, wanted: now, realized: now } } : host;
}

function hostProblems({ index, state, failures, restarts, lastEnd, extensionHosts }: HostReport): string[] {
  const why = lastEnd === undefined ? "" : `: ${lastEnd.reason}; what it said itself is in the agent's log`;
  const isFailing = state === "starting" && restarts >= RESTARTS_FAILING && lastEnd !== undefined;
  return [
    ...(state === "down" ? [`host ${index} does not run, and is started again${why}`] : []),
    ...(isFailing ? [`host ${index} starts, and has ended ${restarts} times${why}`] : []),
    ...(state === "silent" ? [`host ${index} has not reported for some seconds`] : []),
    ...failures.map((failure) => `host ${index}, ${failure}`),
    ...extensionHosts.flatMap(({ problems }) => problems.map((problem) => `host ${index}: ${problem}`)),
  ];
}

function changedWarnings(hosts: readonly HostReport[]): string[] {
  return hosts.flatMap(({ index, extensionHosts }) =>
    extensionHosts.flatMap(({ extensions, changed }) =>
      changed
        ? [
            `extension ${extensions.join(", ")} was edited, and host ${index} runs it as it is now: start the agent anew to have all hosts run the same`,
          ]
        : [],
    ),
  );
}

function droppedWarnings(hosts: readonly HostReport[]): string[] {
  return hosts.flatMap(({ index, extensionHosts }) =>
    extensionHosts.flatMap(({ extensions, recordsDropped }) =>
      recordsDropped === 0
        ? []
        : [
            `extension ${extensions.join(", ")} logs more than it may: ${recordsDropped} of its records on host ${index} are not in the access log`,
          ],
    ),
  );
}

/** Each sentence once, however many hosts run the extension. */
function unconfinedWarnings(hosts: readonly HostReport[]): string[] {
  const found = hosts.flatMap(({ extensionHosts }) =>
    extensionHosts.flatMap(({ extensions, unconfined }) =>
      unconfined.length === 0 ? [] : [`extension ${extensions.join(", ")} is not confined: ${unconfined.join("; ")}`],
    ),
  );
  return [...new Set(found)];
}
