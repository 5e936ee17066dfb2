import type { EndpointDetails, PolicyListing, StatusReport } from "../../api/rest.ts";
import type { TraceReport } from "../../api/trace.ts";
import type { AgentApi, ConfigApi, EndpointApi, PolicyApi } from "../agent-api.ts";

export const STATUS: StatusReport = {
  agent: {
    state: "ready",
    version: "1.2.3",
    pid: 1,
    startedAt: "2026-01-01T00:00:00.000Z",
    config: "/c",
    stateDir: "/s",
    policyEnforcement: "default",
  },
  dataPlanes: [],
  policy: { revision: 1, documents: 0, files: [] },
  problems: [],
  warnings: [],
  counts: { endpoints: 0, identities: 0, extensions: 0 },
};

const LISTING: PolicyListing = {
  revision: 7,
  policies: [
    {
      name: "space/rebels",
      source: { kind: "file", name: "p.yaml" },
      mode: "enforce",
      rules: 1,
      problems: [],
      document: { kind: "x" },
    },
  ],
};

export const MEMCACHED: EndpointDetails = {
  name: "memcached",
  identity: 256,
  labels: ["unspec:app=memcached"],
  addresses: ["127.0.2.1"],
  state: "ready",
  enforcement: { ingress: true, egress: false },
  revision: { wanted: 7, realized: 7 },
  dataPlanes: [{ name: "embedded", realized: 7 }],
  informationalLabels: [],
  audit: false,
  observe: {},
};

const TRACED: TraceReport = {
  verdict: "allowed",
  revision: 7,
  src: { labels: ["unspec:app=web"] },
  dst: { labels: ["reserved:world"], identity: 2 },
  dport: 11211,
  protocol: "TCP",
  directions: [{ kind: "skipped", direction: "ingress", because: "reserved:world is no endpoint" }],
  notes: [],
};

export interface Answers {
  readonly endpoints?: AgentApi["endpoints"];
  readonly policy?: Partial<PolicyApi>;
  readonly endpoint?: Partial<EndpointApi>;
  readonly config?: Partial<ConfigApi>;
  readonly trace?: AgentApi["trace"];
}

/** An agent that does nothing and answers what it is told. */
export function answeringAgent(answers: Answers = {}): AgentApi {
  return {
    status: () => STATUS,
    endpoints: answers.endpoints ?? (() => []),
    identities: () => [
      { id: 2, labels: ["reserved:world"] },
      { id: 256, labels: ["k8s:app=memcached", "unspec:tier=data"] },
      { id: 257, labels: ["container:app=memcached"] },
    ],
    endpoint: {
      get: () => MEMCACHED,
      add: async (name) => ({ ...MEMCACHED, name }),
      update: async (name) => ({ ...MEMCACHED, name }),
      relabel: async (name) => ({ ...MEMCACHED, name }),
      remove: async () => {},
      log: () => [],
      ...answers.endpoint,
    },
    config: { list: () => [], change: async () => [], ...answers.config },
    policy: {
      revision: () => LISTING.revision,
      list: () => LISTING,
      put: async () => ({ revision: 8, policies: [], warnings: [] }),
      delete: async (name) => ({ revision: 9, policies: [name], warnings: [] }),
      validate: () => ({ policies: [], warnings: [] }),
      ...answers.policy,
    },
    trace: answers.trace ?? (() => TRACED),
    metrics: { text: async () => "weir_x 1\n", contentType: "text/plain; version=0.0.4", list: async () => [] },
    monitor: { open: () => ({ read: () => undefined, ready: async () => {}, finish: () => {}, close: () => {} }) },
  };
}
