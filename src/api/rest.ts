// The shapes of the REST interface on `weir.sock`, base path `/v1`: what the server sends and the client reads.

/** Where the base path of every resource begins. */
export const API_BASE = "/v1";

/** Body of every answer that is not 2xx. */
export interface ApiError {
  /** A stable code for programs; see docs/errors.md. */
  readonly code: string;
  readonly message: string;
  /** What is wrong with the documents that were sent, all at once. */
  readonly problems?: readonly ApiProblem[];
}

/** One problem of a policy document, of the configuration, or of a request. */
export interface ApiProblem {
  /** File, or `api`; of a request: `body`, `query` or `path`. */
  readonly source: string;
  /** Both from 1; both 0 where the problem has a path alone. */
  readonly line: number;
  readonly column: number;
  /** Where in the document, for example `spec.ingress[0].fromEndpoints`. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

/** `GET /v1/healthz`. */
export interface StatusReport {
  readonly agent: {
    /**
     * `ready`: every listener is open and every endpoint has the policy that it should have. `starting`: not yet.
     * `blocked`: no listener opens before the `problems` are mended. `degraded`: the listeners are open, and something
     * that was changed later is not in force. `draining`: the agent ends.
     */
    readonly state: "ready" | "starting" | "blocked" | "degraded" | "draining";
    readonly version: string;
    readonly pid: number;
    readonly startedAt: string;
    readonly config: string;
    readonly stateDir: string;
    readonly policyEnforcement: string;
  };
  readonly dataPlanes: readonly DataPlaneReport[];
  readonly policy: {
    readonly revision: number;
    readonly documents: number;
    readonly files: readonly PolicyFileReport[];
  };
  /** Why the agent is not ready: one sentence each. */
  readonly problems: readonly string[];
  /** What an operator should know although all works. */
  readonly warnings: readonly string[];
  readonly counts: { readonly endpoints: number; readonly identities: number; readonly extensions: number };
}

export interface DataPlaneReport {
  readonly name: string;
  readonly state: string;
  readonly connections: number;
  readonly listeners: readonly ListenerReport[];
  /** The revision that every endpoint should have, the lowest one that is in force, and the highest refused one. */
  readonly revision: { readonly wanted: number; readonly realized: number; readonly failed?: number };
  /** The processes that own listeners and connections. Absent: the agent's own process does. */
  readonly hosts?: readonly HostReport[];
}

/** One host process of a data plane. */
export interface HostReport {
  /** From 0. */
  readonly index: number;
  /** 0: none runs at present. */
  readonly pid: number;
  /**
   * `starting`: it has no complete policy yet. `running`: it serves. `silent`: it runs, and has not reported for some
   * seconds. `draining`: it accepts nothing more. `down`: it has ended, and is started again after a pause.
   */
  readonly state: "starting" | "running" | "silent" | "draining" | "down";
  /** It was started by an agent before this one. */
  readonly adopted: boolean;
  readonly startedAt: string;
  readonly connections: number;
  readonly revision: { readonly wanted: number; readonly realized: number; readonly failed?: number };
  /** Why a policy is not in force there. */
  readonly failures: readonly string[];
  /** How often it was started again, since the agent started. */
  readonly restarts: number;
  readonly lastEnd?: ProcessEnd;
  /** Records that never reached the agent. */
  readonly recordsLost: number;
  /** Extension hosts that it runs. */
  readonly extensionHosts: readonly ExtensionHostReport[];
}

/** How a process has ended. */
export interface ProcessEnd {
  readonly time: string;
  readonly pid: number;
  /** One sentence, for example `killed by SIGKILL`. */
  readonly reason: string;
}

/** One process that runs extensions. */
export interface ExtensionHostReport {
  /** Names of the extensions; their modules where the names are not known yet. */
  readonly extensions: readonly string[];
  /** 0: none runs at present. */
  readonly pid: number;
  readonly state: "starting" | "running" | "down";
  /** Nothing but what was granted can be reached from it: own user, own network, no files, no processes. */
  readonly confined: boolean;
  /** Why it is not confined: one sentence each. None of a process that is not confined: it was not started yet. */
  readonly unconfined: readonly string[];
  /** Why connections under its extensions are refused, although it runs: one sentence each. */
  readonly problems: readonly string[];
  /** It runs other files of its extensions than those that the agent had read that started the host. */
  readonly changed: boolean;
  readonly connections: number;
  readonly memoryBytes: number;
  readonly restarts: number;
  /** Records that were left out because the extensions logged more than they may, since the start of the host. */
  readonly recordsDropped: number;
  readonly lastEnd?: ProcessEnd;
}

export interface ListenerReport {
  readonly listen: string;
  readonly upstream: string;
  readonly endpoint: string;
  readonly direction: string;
}

export interface PolicyFileReport {
  readonly file: string;
  /** Keys of the documents that are in force from this file. */
  readonly documents: readonly string[];
  /** Why the file's present text is not in force. Empty: it is. */
  readonly problems: readonly ApiProblem[];
  readonly warnings: readonly ApiProblem[];
}

/** One document in force: `GET /v1/policy`. */
export interface PolicyView {
  /** `namespace/name`, or `name`. */
  readonly name: string;
  /** `file` or `api`, and which one. */
  readonly source: { readonly kind: "file" | "api"; readonly name: string };
  /** `audit`: what it would refuse passes, and is recorded. */
  readonly mode: "enforce" | "audit";
  readonly rules: number;
  /** Why it is not in force somewhere: one sentence each. */
  readonly problems: readonly string[];
  /** The document as it is enforced, in the form of a CiliumNetworkPolicy. */
  readonly document: Readonly<Record<string, unknown>>;
}

export interface PolicyListing {
  readonly revision: number;
  readonly policies: readonly PolicyView[];
}

/** Documents that a program sends, and what messages call the text: `POST /v1/policy/import`. */
export interface PolicyText {
  readonly source: string;
  /** YAML or JSON. */
  readonly text: string;
}

/** Answer of `POST /v1/policy/import`, `PUT /v1/policy` and `DELETE /v1/policy/{name}`. */
export interface PolicyChange {
  readonly revision: number;
  /** Names of the documents that were put or deleted. */
  readonly policies: readonly string[];
  readonly warnings: readonly ApiProblem[];
}

/** Answer of `POST /v1/policy/validate` where nothing is wrong. */
export interface PolicyValidation {
  readonly policies: readonly string[];
  readonly warnings: readonly ApiProblem[];
}

/** `GET /v1/endpoint`. */
export interface EndpointSummary {
  readonly name: string;
  readonly identity: number;
  readonly labels: readonly string[];
  readonly addresses: readonly string[];
  readonly state: string;
  readonly enforcement: { readonly ingress: boolean; readonly egress: boolean };
  /** Where something may pass only because what would refuse it is audited. Absent: nowhere. */
  readonly auditing?: { readonly ingress: boolean; readonly egress: boolean };
  readonly revision: { readonly wanted: number; readonly realized: number; readonly failed?: number };
  /** Why the wanted revision is not in force. */
  readonly failure?: string;
}

/** `GET /v1/endpoint/{name}`, and the answer of every change of one. */
export interface EndpointDetails extends EndpointSummary {
  /** What each data plane made of the endpoint's policy. */
  readonly dataPlanes: readonly DataPlaneRealizationReport[];
  /** Labels that say something of the endpoint and are not part of its identity. */
  readonly informationalLabels: readonly string[];
  /** What policy would refuse passes, and is recorded. */
  readonly audit: boolean;
  /** Of its ingress. */
  readonly observe: ObservedPorts;
  /** Of its egress; absent: none. */
  readonly observeEgress?: ObservedPorts;
  /** What somebody who has changed it should know, for example that the change will not last. */
  readonly warnings?: readonly string[];
}

export interface DataPlaneRealizationReport {
  readonly name: string;
  /** The revision in force; 0: none. */
  readonly realized: number;
  /** The revision that it refused, and why. */
  readonly failed?: number;
  readonly failure?: string;
}

/** Port → extension that reads it although no policy asks for it: `{"11211": "memcache"}`. */
export type ObservedPorts = Readonly<Record<string, string>>;

/** Body of `PUT /v1/endpoint/{name}`. */
export interface EndpointAddition {
  readonly addresses: readonly string[];
  readonly labels: readonly string[];
  readonly audit: boolean;
  readonly observe: ObservedPorts;
  readonly observeEgress?: ObservedPorts;
}

/** Body of `PATCH /v1/endpoint/{name}`: what is absent stays; what is there replaces all of its kind. */
export type EndpointChange = Partial<EndpointAddition>;

/** One line of `GET /v1/endpoint/{name}/log`, the oldest first. */
export interface EndpointLogEntry {
  readonly time: string;
  readonly state: string;
  readonly message: string;
}

/** `GET /v1/config`: one option of the agent. */
export interface ConfigOption {
  readonly name: string;
  readonly value: ConfigValue;
  /** Whether `PATCH /v1/config` may change it. */
  readonly changeable: boolean;
  /** What the configuration file says, where `value` is another one: after a restart it is in force again. */
  readonly configured?: ConfigValue;
}

export type ConfigValue = string | number | readonly string[];

/** Body of `PATCH /v1/config`. */
export interface ConfigChange {
  readonly policyEnforcement?: "default" | "always" | "never";
  readonly logLevel?: "debug" | "info" | "warn" | "error";
  readonly connectionsMax?: number;
  readonly connectTimeoutMs?: number;
  readonly drainMs?: number;
}

/** Answer of `GET /v1/policy-revision/{revision}`: the revision that every endpoint has in force by now. */
export interface PolicyRealization {
  readonly revision: number;
}

/** Longest wait for a revision. */
export const REVISION_WAIT_SECONDS_MAX = 360;

/** `GET /v1/identity`. */
export interface IdentitySummary {
  readonly id: number;
  readonly labels: readonly string[];
}

/** `GET /v1/metrics`: one series. Histograms are reported by their sum and their count. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One line of `GET /v1/monitor` that is no record: so many records were lost because the reader was too slow. */
export interface MonitorLost {
  readonly lost: number;
}

/** Longest body that the server reads. */
export const BODY_BYTES_MAX = 1_048_576;

/** What whoever sends a longer one is told. */
export const BODY_TOO_LONG: string =
  `the request is longer than ${BODY_BYTES_MAX} bytes, the agent's limit for all texts of one import together: import ` +
  "them in parts, or name the files under `policies` in the agent's configuration, which takes longer ones";

/** The agent's socket in its state directory. */
export const SOCKET_NAME = "weir.sock";
/** Where hosts find their agent; in the state directory, too. */
export const XDS_SOCKET_NAME = "xds.sock";

/** Longest path of a Unix socket: Linux has 108 bytes for it, with the terminating zero. */
export const SOCKET_PATH_BYTES_MAX = 107;
