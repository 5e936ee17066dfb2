import { createInterface } from "node:readline";
import type { AccessLogRecord } from "../api/access-log-record.ts";
import {
  API_BASE,
  type EndpointSummary,
  type IdentitySummary,
  type MetricSample,
  type MonitorLost,
  type PolicyChange,
  type PolicyListing,
  type PolicyText,
  type PolicyValidation,
  type PolicyView,
  type StatusReport,
} from "../api/rest.ts";
import { answerLost, apiFailure, readJson, readText, requestOverSocket } from "./http-socket.ts";

/** What the monitor gives: a record, or how many were lost before the next one. */
export type MonitorItem = AccessLogRecord | MonitorLost;

/** A program's view of one agent. Failures are `WeirError`s; WEIR_AGENT_UNREACHABLE where nobody listens. */
export interface WeirClient {
  status(timeoutMs?: number): Promise<StatusReport>;
  endpoints(): Promise<readonly EndpointSummary[]>;
  identities(): Promise<readonly IdentitySummary[]>;
  metrics(): Promise<readonly MetricSample[]>;
  policies(): Promise<PolicyListing>;
  policy(name: string): Promise<PolicyView>;
  /** Puts the documents of all texts in force, or none of them. */
  importPolicies(texts: readonly PolicyText[]): Promise<PolicyChange>;
  /** @param text YAML or JSON. @param source What messages call it, for example the file's name. */
  validatePolicy(text: string, source: string): Promise<PolicyValidation>;
  deletePolicy(name: string): Promise<PolicyChange>;
  /** Records from now on. The subscription stands when the promise settles; `signal` ends it without an error. */
  monitor(signal: AbortSignal): Promise<AsyncIterable<MonitorItem>>;
}

export function createClient(socketPath: string): WeirClient {
  const get = async <T>(path: string, timeoutMs?: number): Promise<T> =>
    readJson<T>(await requestOverSocket(socketPath, { method: "GET", path: API_BASE + path, timeoutMs }));
  const post = async <T>(path: string, text: string, type: string): Promise<T> =>
    readJson<T>(await requestOverSocket(socketPath, { method: "POST", path: API_BASE + path, body: { text, type } }));
  return {
    status: (timeoutMs) => get("/healthz", timeoutMs),
    endpoints: () => get("/endpoint"),
    identities: () => get("/identity"),
    metrics: () => get("/metrics"),
    policies: () => get("/policy"),
    policy: (name) => get(policyPath(name)),
    importPolicies: (texts) => post("/policy/import", JSON.stringify(texts), "application/json"),
    validatePolicy: (text, source) =>
      post(`/policy/validate?source=${encodeURIComponent(source)}`, text, "application/yaml"),
    deletePolicy: async (name) =>
      readJson(await requestOverSocket(socketPath, { method: "DELETE", path: API_BASE + policyPath(name) })),
    monitor: (signal) => monitor(socketPath, signal),
  };
}

function policyPath(name: string): string {
  return `/policy/${name.split("/").map(encodeURIComponent).join("/")}`;
}

async function monitor(socketPath: string, signal: AbortSignal): Promise<AsyncIterable<MonitorItem>> {
  const path = `${API_BASE}/monitor?type=l7`;
  const response = await requestOverSocket(socketPath, { method: "GET", path, signal });
  if (response.statusCode !== 200) throw apiFailure(response.statusCode ?? 0, await readText(response));
  return items(response, signal);
}

async function* items(input: NodeJS.ReadableStream, signal: AbortSignal): AsyncGenerator<MonitorItem> {
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      yield JSON.parse(line) as MonitorItem;
    }
  } catch (error) {
    if (!signal.aborted) throw answerLost(error);
  }
}
