import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { API_BASE, type PolicyText } from "../api/rest.ts";
import { WeirError } from "../lib/error.ts";
import type { AgentApi } from "./agent-api.ts";
import type { FairTurns } from "./fair-turns.ts";
import { JSON_ONLY, withJsonBodies } from "./json-body.ts";
import {
  errorSchema,
  policyChangeSchema,
  policyListingSchema,
  policySchema,
  policyValidationSchema,
} from "./schemas.ts";

/** Types of the body that carries policy documents: YAML, of which JSON is a part. */
export const POLICY_CONTENT_TYPES: readonly string[] = [
  "application/yaml",
  "application/x-yaml",
  "text/yaml",
  "text/plain",
  "application/json",
];

/** Kubernetes allows 253 characters for a name and 63 for a namespace. */
const nameParams = z.object({ "*": z.string().min(1).max(320).meta({ example: "example" }) });
const EXAMPLE = {
  apiVersion: "cilium.io/v2",
  kind: "CiliumNetworkPolicy",
  metadata: { name: "example" },
  spec: { endpointSelector: { matchLabels: { app: "example" } }, ingress: [{}] },
};
const body = z
  .string()
  .min(1)
  .describe("CiliumNetworkPolicy documents, YAML or JSON")
  .meta({ example: JSON.stringify(EXAMPLE) });
const texts = z
  .array(z.strictObject({ source: z.string().max(4096), text: z.string() }))
  .min(1)
  .readonly()
  .meta({ example: [{ source: "example.yaml", text: JSON.stringify(EXAMPLE) }] });
const sourceQuery = z.strictObject({
  source: z.string().max(4096).default("api").describe("what messages call the text; for example a file's name"),
});
const changed = {
  200: policyChangeSchema,
  400: errorSchema,
  409: errorSchema,
  413: errorSchema,
  415: errorSchema,
} as const;

/** @param turns For everything that reads texts or makes policy of them. */
export function policyRoutes(app: FastifyInstance, agent: AgentApi, turns: FairTurns): void {
  app.get(
    `${API_BASE}/policy`,
    {
      schema: {
        operationId: "listPolicies",
        summary: "All policy documents in force",
        response: { 200: policyListingSchema },
      },
    },
    () => agent.policy.list(),
  );
  // A wildcard, not `:name`: names with a namespace contain a slash.
  app.get<{ Params: z.infer<typeof nameParams> }>(
    `${API_BASE}/policy/*`,
    {
      schema: {
        operationId: "getPolicy",
        summary: "One document",
        params: nameParams,
        response: { 200: policySchema, 404: errorSchema },
      },
    },
    (request) => {
      const name = request.params["*"];
      const found = agent.policy.list().policies.find((policy) => policy.name === name);
      if (found !== undefined) return found;
      throw new WeirError("WEIR_POLICY_NOT_FOUND", `there is no policy "${name}"; \`weir policy get\` lists them`);
    },
  );
  app.put<{ Body: string; Querystring: z.infer<typeof sourceQuery> }>(
    `${API_BASE}/policy`,
    {
      schema: {
        operationId: "putPolicies",
        summary: "Put documents in force, all or none; a document replaces the one of its name",
        consumes: POLICY_CONTENT_TYPES,
        body,
        querystring: sourceQuery,
        response: changed,
      },
    },
    (request) => turns.run(() => agent.policy.put([{ source: request.query.source, text: request.body }])),
  );
  withJsonBodies(app, (scope) => {
    scope.post<{ Body: readonly PolicyText[] }>(
      `${API_BASE}/policy/import`,
      {
        schema: {
          operationId: "importPolicies",
          summary: "Put the documents of several texts in force, all or none",
          consumes: JSON_ONLY,
          body: texts,
          response: changed,
        },
      },
      (request) => turns.run(() => agent.policy.put(request.body)),
    );
  });
  app.delete<{ Params: z.infer<typeof nameParams> }>(
    `${API_BASE}/policy/*`,
    {
      schema: {
        operationId: "deletePolicy",
        summary: "Delete a document that came through the API",
        params: nameParams,
        response: { 200: policyChangeSchema, 404: errorSchema, 409: errorSchema },
      },
    },
    (request) => turns.run(() => agent.policy.delete(request.params["*"])),
  );
  app.post<{ Body: string; Querystring: z.infer<typeof sourceQuery> }>(
    `${API_BASE}/policy/validate`,
    {
      schema: {
        operationId: "validatePolicies",
        summary: "Check documents without changing anything",
        consumes: POLICY_CONTENT_TYPES,
        body,
        querystring: sourceQuery,
        response: { 200: policyValidationSchema, 400: errorSchema, 413: errorSchema, 415: errorSchema },
      },
    },
    (request) => turns.run(() => agent.policy.validate(request.body, request.query.source)),
  );
}
