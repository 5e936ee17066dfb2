// What the examples of openapi.json cannot say: what has to be there before a request, and which requests fail how. An
// operation without an entry is tried with the examples of its schemas alone.
import { BODY_BYTES_MAX } from "../../src/api/rest.ts";
import type { Answer, Call } from "./openapi-call.ts";

/** Sends one request to the agent. */
export type Send = (call: Call) => Promise<Answer>;

export interface OperationRequests {
  /** Path parameters, where not those of the examples. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  /** Runs first: makes what the request needs. */
  readonly before?: (send: Send) => Promise<unknown>;
  /** Documented status → how to get it, as differences to the valid request. */
  readonly failures?: Readonly<Record<string, Failure>>;
}

export interface Failure {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  /** A text is sent as it is, another value as JSON. */
  readonly body?: unknown;
  readonly type?: string;
  readonly claimedBytes?: number;
  readonly accept?: string;
  /** Where one request is not enough. */
  readonly provoke?: (send: Send) => Promise<Answer>;
}

const json = (method: string, path: string, body: unknown): Call => ({
  method,
  path,
  type: "application/json",
  body: JSON.stringify(body),
});

const NOBODY: Failure = { path: { name: "nobody" } };
const NO_NAME: Failure = { path: { name: "a%20b" } };
/** For every operation with a body. */
export const BODY_FAILURES: Readonly<Record<string, Failure>> = {
  "413": { claimedBytes: BODY_BYTES_MAX + 1 },
  "415": { type: "image/png" },
};
/** A member that nothing has. */
export const WRONG_BODY: Failure = { body: { nonsense: true } };

const addEndpoint = (name: string) => (send: Send) => send(json("PUT", `/v1/endpoint/${name}`, {}));
const policy = (name: string): string =>
  JSON.stringify({
    apiVersion: "cilium.io/v2",
    kind: "CiliumNetworkPolicy",
    metadata: { name },
    spec: { endpointSelector: {}, ingress: [{}] },
  });
const importPolicy = (name: string) => (send: Send) =>
  send({ method: "PUT", path: "/v1/policy", type: "application/json", body: policy(name) });

/** The waiters have a bound; some of more than that are refused. */
async function manyWaiters(send: Send): Promise<Answer> {
  const end = new AbortController();
  const path = "/v1/policy-revision/1000000?timeout=60";
  const refused = Promise.withResolvers<Answer>();
  for (let index = 0; index < 65; index++) {
    send({ method: "GET", path, signal: end.signal }).then(refused.resolve, () => undefined);
  }
  return await refused.promise.finally(() => end.abort());
}

/** By operationId. The agent has the endpoints `memcached` and `web`, and the policy `from-file` from a file. */
export const REQUESTS: Readonly<Record<string, OperationRequests>> = {
  getEndpoint: { failures: { "400": NO_NAME, "404": NOBODY } },
  getEndpointLog: { failures: { "400": NO_NAME, "404": NOBODY } },
  addEndpoint: {
    path: { name: "added" },
    failures: { "409": { path: { name: "memcached" } } },
  },
  changeEndpoint: {
    body: { addresses: ["127.0.9.8"], labels: ["app=changed"] },
    failures: { "404": NOBODY, "409": { body: { addresses: ["127.0.9.2"] } } },
  },
  changeEndpointLabels: { body: { add: ["tier=data"] }, failures: { "404": NOBODY } },
  configureEndpoint: { failures: { "404": NOBODY } },
  deleteEndpoint: {
    path: { name: "gone" },
    before: addEndpoint("gone"),
    failures: { "400": NO_NAME, "404": NOBODY, "409": { path: { name: "memcached" } } },
  },
  listIdentities: { failures: { "400": { query: "nonsense=1" } } },
  getIdentity: { failures: { "400": { path: { id: "two" } }, "404": { path: { id: "9999999" } } } },
  getPolicy: {
    before: importPolicy("example"),
    failures: { "400": { path: { name: "x".repeat(400) } }, "404": NOBODY },
  },
  putPolicies: {
    failures: { "400": { body: "kind: Nonsense" }, "409": { body: policy("from-file") } },
  },
  importPolicies: { failures: { "409": { body: [{ source: "a", text: policy("from-file") }] } } },
  validatePolicies: { failures: { "400": { body: "kind: Nonsense" } } },
  deletePolicy: {
    before: importPolicy("example"),
    failures: {
      "400": { path: { name: "x".repeat(400) } },
      "404": NOBODY,
      "409": { path: { name: "from-file" } },
    },
  },
  waitForPolicyRevision: {
    failures: {
      "400": { path: { revision: "soon" }, query: "timeout=361" },
      "429": { provoke: manyWaiters },
      "504": { path: { revision: "1000000" }, query: "timeout=0" },
    },
  },
  monitor: {
    query: "last=1",
    failures: { "400": { query: "type=nonsense" }, "406": { accept: "image/png" } },
  },
};
