import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { API_BASE } from "../api/rest.ts";
import type { AgentApi } from "./agent-api.ts";
import { metricsSchema, statusSchema } from "./schemas.ts";

/** What is: status and metrics. */
export function statusRoutes(app: FastifyInstance, agent: AgentApi): void {
  app.get(
    `${API_BASE}/healthz`,
    {
      schema: {
        operationId: "getStatus",
        summary: "Status of the agent and its data planes",
        response: { 200: statusSchema },
      },
    },
    () => agent.status(),
  );
  app.get(
    `${API_BASE}/metrics`,
    { schema: { operationId: "listMetrics", summary: "Metrics as a list", response: { 200: metricsSchema } } },
    () => agent.metrics.list(),
  );
  app.get(
    "/metrics",
    {
      schema: {
        operationId: "scrapeMetrics",
        summary: "Metrics in the Prometheus text format",
        produces: ["text/plain"],
        response: { 200: z.string() },
      },
    },
    async (_request, reply) => {
      const text = await agent.metrics.text();
      return reply.header("content-type", agent.metrics.contentType).send(text);
    },
  );
}
