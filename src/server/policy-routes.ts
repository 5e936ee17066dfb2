import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { API_BASE, type PolicyText } from "../api/rest.ts";
import { WeirError } from "../lib/error.ts";
import type { AgentApi } from "./agent-api.ts";
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
const nameParams = z.object({ "*": z.string().min(1).max(320) });
const body = z.string().min(1).describe("CiliumNetworkPolicy documents, YAML or JSON");
const texts = z.array(z.strictObject({ source: z.string().max(4096), text: z.string() })).min(1);
const sourceQuery = z.object({
  source: z.string().max(4096).default("api").describe("what messages call the text; for example a file's name"),
});

export function policyRoutes(app: FastifyInstance, agent: AgentApi): void {
  app.get(
    `${API_BASE}/policy`,
    { schema: { summary: "All policy documents in force", response: { 200: policyListingSchema } } },
    () => agent.policy.list(),
  );
  // A wildcard, not `:name`: names with a namespace contain a slash.
  app.get<{ Params: z.infer<typeof nameParams> }>(
    `${API_BASE}/policy/*`,
    {
      schema: { summary: "One document", params: nameParams, response: { 200: policySchema, 404: errorSchema } },
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
        summary: "Put documents in force, all or none; a document replaces the one of its name",
        consumes: POLICY_CONTENT_TYPES,
        body,
        querystring: sourceQuery,
        response: { 200: policyChangeSchema, 400: errorSchema, 409: errorSchema, 413: errorSchema },
      },
    },
    (request) => agent.policy.put([{ source: request.query.source, text: request.body }]),
  );
  app.post<{ Body: string }>(
    `${API_BASE}/policy/import`,
    {
      schema: {
        summary: "Put the documents of several texts in force, all or none: `[{source, text}, …]`",
        consumes: ["application/json"],
        body,
        response: { 200: policyChangeSchema, 400: errorSchema, 409: errorSchema, 413: errorSchema },
      },
    },
    (request) => agent.policy.put(readTexts(request.body)),
  );
  app.delete<{ Params: z.infer<typeof nameParams> }>(
    `${API_BASE}/policy/*`,
    {
      schema: {
        summary: "Delete a document that came through the API",
        params: nameParams,
        response: { 200: policyChangeSchema, 404: errorSchema, 409: errorSchema },
      },
    },
    (request) => agent.policy.delete(request.params["*"]),
  );
  app.post<{ Body: string; Querystring: z.infer<typeof sourceQuery> }>(
    `${API_BASE}/policy/validate`,
    {
      schema: {
        summary: "Check documents without changing anything",
        consumes: POLICY_CONTENT_TYPES,
        body,
        querystring: sourceQuery,
        response: { 200: policyValidationSchema, 400: errorSchema, 413: errorSchema },
      },
    },
    (request) => agent.policy.validate(request.body, request.query.source),
  );
}

function readTexts(body: string): readonly PolicyText[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw new WeirError("WEIR_POLICY_INVALID", `the body is not JSON: ${(error as Error).message}`);
  }
  const read = texts.safeParse(value);
  if (!read.success) throw new WeirError("WEIR_POLICY_INVALID", `the body is wrong: ${z.prettifyError(read.error)}`);
  return read.data;
}
