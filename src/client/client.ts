import type { MonitorItem } from "../api/monitor-event.ts";
import type { MonitorQuery } from "../api/monitor-protocol.ts";
import {
  API_BASE,
  type ConfigChange,
  type ConfigOption,
  type EndpointAddition,
  type EndpointChange,
  type EndpointDetails,
  type EndpointLogEntry,
  type EndpointSummary,
  type IdentitySummary,
  type MetricSample,
  type PolicyChange,
  type PolicyListing,
  type PolicyRealization,
  type PolicyText,
  type PolicyValidation,
  type PolicyView,
  type StatusReport,
} from "../api/rest.ts";
import type { TraceQuery, TraceReport } from "../api/trace.ts";
import { readJson, requestOverSocket } from "./http-socket.ts";
import { openMonitor } from "./monitor.ts";

/** The agent's answer may come so much later than the wait's end. */
const WAIT_ANSWER_MS = 30_000;

/** A program's view of one agent. Failures are `WeirError`s; WEIR_AGENT_UNREACHABLE where nobody listens. */
export interface WeirClient {
  status(timeoutMs?: number): Promise<StatusReport>;
  endpoints(timeoutMs?: number): Promise<readonly EndpointSummary[]>;
  /** All that is known of one. Rejects with WEIR_ENDPOINT_NOT_FOUND, as everything that names an endpoint. */
  endpoint(name: string): Promise<EndpointDetails>;
  /** What happened to it lately, the oldest first. */
  endpointLog(name: string): Promise<readonly EndpointLogEntry[]>;
  /** Settles when its policy is in force. Rejects with WEIR_ENDPOINT_CONFLICT where the name or an address is taken. */
  addEndpoint(name: string, addition: Partial<EndpointAddition>): Promise<EndpointDetails>;
  changeEndpoint(name: string, change: EndpointChange): Promise<EndpointDetails>;
  /** Adds and deletes single labels. */
  changeEndpointLabels(
    name: string,
    change: { readonly add: readonly string[]; readonly delete: readonly string[] },
  ): Promise<EndpointDetails>;
  deleteEndpoint(name: string): Promise<void>;
  /** @param labels Only identities that have all of these. */
  identities(labels?: readonly string[]): Promise<readonly IdentitySummary[]>;
  /** Rejects with WEIR_IDENTITY_NOT_FOUND. */
  identity(id: number): Promise<IdentitySummary>;
  config(): Promise<readonly ConfigOption[]>;
  /** Until the agent ends. */
  changeConfig(change: ConfigChange): Promise<readonly ConfigOption[]>;
  /** Settles when every endpoint has the revision in force. Rejects with WEIR_TIMEOUT. */
  waitForRevision(revision: number, timeoutSeconds: number): Promise<PolicyRealization>;
  metrics(): Promise<readonly MetricSample[]>;
  policies(timeoutMs?: number): Promise<PolicyListing>;
  policy(name: string): Promise<PolicyView>;
  /** Puts the documents of all texts in force, or none of them. */
  importPolicies(texts: readonly PolicyText[]): Promise<PolicyChange>;
  /** @param text YAML or JSON. @param source What messages call it, for example the file's name. */
  validatePolicy(text: string, source: string): Promise<PolicyValidation>;
  deletePolicy(name: string): Promise<PolicyChange>;
  /** What the policy in force does with a connection or a request, and why. Rejects with WEIR_REQUEST_INVALID. */
  tracePolicy(query: TraceQuery): Promise<TraceReport>;
  /**
   * Events: those that the query asks for, by default all from now on. The subscription stands when the promise settles;
   * `signal` ends it without an error. Rejects with WEIR_REQUEST_INVALID where the query is wrong.
   */
  monitor(signal: AbortSignal, query?: MonitorQuery): Promise<AsyncIterable<MonitorItem>>;
}

export function createClient(socketPath: string): WeirClient {
  const get = async <T>(path: string, timeoutMs?: number): Promise<T> =>
    readJson<T>(await requestOverSocket(socketPath, { method: "GET", path: API_BASE + path, timeoutMs }));
  const send = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const json = body === undefined ? {} : { body: { text: JSON.stringify(body), type: "application/json" } };
    return readJson<T>(await requestOverSocket(socketPath, { method, path: API_BASE + path, ...json }));
  };
  const post = async <T>(path: string, text: string, type: string): Promise<T> =>
    readJson<T>(await requestOverSocket(socketPath, { method: "POST", path: API_BASE + path, body: { text, type } }));
  return {
    status: (timeoutMs) => get("/healthz", timeoutMs),
    endpoints: (timeoutMs) => get("/endpoint", timeoutMs),
    endpoint: (name) => get(endpointPath(name)),
    endpointLog: (name) => get(`${endpointPath(name)}/log`),
    addEndpoint: (name, addition) => send("PUT", endpointPath(name), addition),
    changeEndpoint: (name, change) => send("PATCH", endpointPath(name), change),
    changeEndpointLabels: (name, change) => send("PATCH", `${endpointPath(name)}/labels`, change),
    deleteEndpoint: async (name) => void (await send("DELETE", endpointPath(name))),
    identities: (labels = []) =>
      get(`/identity?${new URLSearchParams(labels.map((label): [string, string] => ["labels", label]))}`),
    identity: (id) => get(`/identity/${id}`),
    config: () => get("/config"),
    changeConfig: (change) => send("PATCH", "/config", change),
    waitForRevision: (revision, timeoutSeconds) =>
      get(`/policy-revision/${revision}?timeout=${timeoutSeconds}`, timeoutSeconds * 1000 + WAIT_ANSWER_MS),
    metrics: () => get("/metrics"),
    policies: (timeoutMs) => get("/policy", timeoutMs),
    policy: (name) => get(policyPath(name)),
    importPolicies: (texts) => send("POST", "/policy/import", texts),
    validatePolicy: (text, source) =>
      post(`/policy/validate?source=${encodeURIComponent(source)}`, text, "application/yaml"),
    tracePolicy: (query) => send("POST", "/policy/trace", query),
    deletePolicy: (name) => send("DELETE", policyPath(name)),
    monitor: (signal, query = {}) => openMonitor(socketPath, query, signal),
  };
}

function endpointPath(name: string): string {
  return `/endpoint/${encodeURIComponent(name)}`;
}

function policyPath(name: string): string {
  return `/policy/${name.split("/").map(encodeURIComponent).join("/")}`;
}
