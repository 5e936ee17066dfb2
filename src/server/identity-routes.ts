import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { API_BASE, type IdentitySummary } from "../api/rest.ts";
import { parseLabel, UNSPEC_SOURCE } from "../labels/label.ts";
import { WeirError } from "../lib/error.ts";
import type { AgentApi } from "./agent-api.ts";
import { labelQuery, numberText } from "./field-schemas.ts";
import { errorSchema, identitiesSchema, identitySchema } from "./schemas.ts";

const IDENTITY_MAX = 0xffff_ffff;

const query = z.strictObject({ labels: labelQuery.optional() });
const params = z.object({ id: numberText(IDENTITY_MAX).meta({ example: "2" }) });

export function identityRoutes(app: FastifyInstance, agent: AgentApi): void {
  app.get<{ Querystring: z.infer<typeof query> }>(
    `${API_BASE}/identity`,
    {
      schema: {
        operationId: "listIdentities",
        summary: "Identities in use, reserved ones included",
        querystring: query,
        response: { 200: identitiesSchema, 400: errorSchema },
      },
    },
    (request) => {
      const wanted = request.query.labels ?? [];
      return agent.identities().filter((identity) => wanted.every((text) => carries(identity, text)));
    },
  );
  app.get<{ Params: z.infer<typeof params> }>(
    `${API_BASE}/identity/:id`,
    {
      schema: {
        operationId: "getIdentity",
        summary: "The labels that a number stands for",
        params,
        response: { 200: identitySchema, 400: errorSchema, 404: errorSchema },
      },
    },
    (request) => {
      const found = agent.identities().find(({ id }) => id === request.params.id);
      if (found !== undefined) return found;
      const message = `there is no identity ${request.params.id}; \`weir identity list\` lists them`;
      throw new WeirError("WEIR_IDENTITY_NOT_FOUND", message);
    },
  );
}

/** A label without a source fits whoever gave it. */
function carries(identity: IdentitySummary, text: string): boolean {
  const wanted = parseLabel(text);
  if ("error" in wanted) return false;
  const { source, key, value } = wanted.label;
  return identity.labels.some((own) => {
    const parsed = parseLabel(own);
    if ("error" in parsed || parsed.label.key !== key || parsed.label.value !== value) return false;
    return source === UNSPEC_SOURCE || source === "any" || parsed.label.source === source;
  });
}
