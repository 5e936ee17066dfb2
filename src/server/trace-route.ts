import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { API_BASE } from "../api/rest.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import {
  type DirectionTrace,
  TRACE_ATTRIBUTES_MAX,
  TRACE_VALUES_MAX,
  type TracedPeer,
  type TracePeer,
  type TraceQuery,
  type TraceReport,
} from "../api/trace.ts";
import type { AgentApi } from "./agent-api.ts";
import type { FairTurns } from "./fair-turns.ts";
import { JSON_ONLY, withJsonBodies } from "./json-body.ts";
import { errorSchema } from "./schemas.ts";

const TEXT_MAX = 8192;
const LABELS_MAX = 256;
const NAME_MAX = 253;

const text = z.string().max(TEXT_MAX);
const peer: z.ZodType<TracePeer> = z.union(
  [
    z.strictObject({ labels: z.array(text).min(1).max(LABELS_MAX).readonly() }),
    z.strictObject({ identity: z.int().nonnegative() }),
    z.strictObject({ endpoint: z.string().min(1).max(NAME_MAX) }),
    z.strictObject({ address: text }),
  ],
  "has exactly one of `labels` (a list of texts), `identity` (a number), `endpoint` (a name) and `address`",
);
const direction = z.enum(["ingress", "egress"]);

const query: z.ZodType<TraceQuery> = z.strictObject({
  src: peer.meta({ example: { labels: ["app=web"] } }),
  dst: peer.meta({ example: { labels: ["app=cache"] } }),
  dport: z.int().min(1).max(65_535).meta({ example: 11211 }),
  direction: z.enum(["ingress", "egress", "both"]).meta({ example: "both" }),
  l7: z
    .record(z.string().min(1).max(NAME_MAX), z.array(text).readonly())
    .refine((l7) => Object.keys(l7).length <= TRACE_ATTRIBUTES_MAX, `at most ${TRACE_ATTRIBUTES_MAX} attributes`)
    .refine((l7) => Object.values(l7).flat().length <= TRACE_VALUES_MAX, `at most ${TRACE_VALUES_MAX} values`)
    .describe("attribute → values of the request; left out: only the connection is judged")
    .exactOptional(),
  l7proto: z
    .string()
    .min(1)
    .max(NAME_MAX)
    .describe("extension whose request it is; default: the one that rules name for the port")
    .exactOptional(),
});

const texts = z.array(z.string()).readonly();
const count = z.int().nonnegative();
const verdict = z.enum(["allowed", "denied", "audited", "depends"]);
const tracedPeer: z.ZodType<TracedPeer> = z.object({
  labels: texts,
  identity: count.exactOptional(),
  endpoint: z.string().exactOptional(),
  address: z.string().exactOptional(),
});
const rule: z.ZodType<RuleOrigin> = z.object({
  policy: z.string(),
  rule: z.string().describe("where in the document"),
  labels: texts,
  effect: z.enum(["deny", "missing"]).exactOptional(),
});
const attributes = z.record(z.string(), texts);

const directionTrace: z.ZodType<DirectionTrace> = z.union([
  z.object({ kind: z.literal("skipped"), direction, because: z.string() }),
  z.object({
    kind: z.literal("judged"),
    direction,
    verdict,
    reason: z.string(),
    rule: rule.exactOptional(),
    enforcement: z.object({
      mode: z.enum(["default", "always", "never"]),
      enforced: z.boolean(),
      because: z.string(),
    }),
    policies: z.array(z.object({ name: z.string(), mode: z.enum(["enforce", "audit"]), rules: texts })).readonly(),
    parser: z.string().exactOptional(),
    l7Rules: z.array(z.object({ rule, audited: z.boolean(), fields: z.record(z.string(), z.string()) })).readonly(),
    near: z.array(z.object({ rule, audited: z.boolean(), reasons: texts })).readonly(),
    left: z.object({ policies: count, l7Rules: count, near: count }),
  }),
]);

const report: z.ZodType<TraceReport> = z.object({
  verdict,
  revision: count,
  src: tracedPeer,
  dst: tracedPeer,
  dport: z.int(),
  protocol: z.literal("TCP"),
  l7: attributes.exactOptional(),
  l7proto: z.string().exactOptional(),
  directions: z.array(directionTrace).readonly(),
  notes: texts,
});

/** `POST /v1/policy/trace`: asks the policy in force, and changes nothing. */
export function traceRoute(app: FastifyInstance, agent: Pick<AgentApi, "trace">, turns: FairTurns): void {
  withJsonBodies(app, (scope) => {
    scope.post<{ Body: TraceQuery }>(
      `${API_BASE}/policy/trace`,
      {
        schema: {
          operationId: "tracePolicy",
          summary: "Ask policy about a connection or a request, and why it decides so",
          consumes: JSON_ONLY,
          body: query,
          response: { 200: report, 400: errorSchema, 413: errorSchema, 415: errorSchema },
        },
      },
      (request) => turns.run(() => agent.trace(request.body)),
    );
  });
}
