import type { FastifyInstance } from "fastify";
import { API_BASE } from "../api/rest.ts";
import type { AgentApi } from "./agent-api.ts";
import { endpointsSchema, identitiesSchema, metricsSchema, statusSchema } from "./schemas.ts";

/** What is: status, endpoints, identities, metrics. */
export function statusRoutes(app: FastifyInstance, agent: AgentApi): void {
  app.get(
    `${API_BASE}/healthz`,
    { schema: { summary: "Status of the agent and its data planes", response: { 200: statusSchema } } },
    () => agent.status(),
  );
  app.get(
    `${API_BASE}/endpoint`,
    { schema: { summary: "Endpoints with their identities and revisions", response: { 200: endpointsSchema } } },
    () => agent.endpoints(),
  );
  app.get(
    `${API_BASE}/identity`,
    { schema: { summary: "Identities in use, reserved ones included", response: { 200: identitiesSchema } } },
    () => agent.identities(),
  );
  app.get(`${API_BASE}/metrics`, { schema: { summary: "Metrics as a list", response: { 200: metricsSchema } } }, () =>
    agent.metrics.list(),
  );
  app.get("/metrics", { schema: { summary: "Metrics in the Prometheus text format" } }, async (_request, reply) => {
    const text = await agent.metrics.text();
    return reply.header("content-type", agent.metrics.contentType).send(text);
  });
}
