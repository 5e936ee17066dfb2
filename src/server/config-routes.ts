import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { API_BASE, type ConfigChange, type ConfigOption } from "../api/rest.ts";
import type { ConfigApi } from "./agent-api.ts";
import { JSON_ONLY, withJsonBodies } from "./json-body.ts";
import { errorSchema } from "./schemas.ts";

/** The bounds of docs/configuration.md. */
const CONNECTIONS_MAX = 1_000_000;
const DAY_MS = 86_400_000;

const value = z.union([z.string(), z.number(), z.array(z.string()).readonly()]);
const options: z.ZodType<readonly ConfigOption[]> = z
  .array(z.object({ name: z.string(), value, changeable: z.boolean(), configured: value.exactOptional() }))
  .readonly();

const change: z.ZodType<ConfigChange> = z
  .strictObject({
    policyEnforcement: z.enum(["default", "always", "never"]).exactOptional(),
    logLevel: z.enum(["debug", "info", "warn", "error"]).exactOptional(),
    connectionsMax: z.int().min(1).max(CONNECTIONS_MAX).exactOptional(),
    connectTimeoutMs: z.int().min(1).max(DAY_MS).exactOptional(),
    drainMs: z.int().min(0).max(DAY_MS).exactOptional(),
  })
  .meta({ example: { drainMs: 5000 } });

/** The agent's configuration, and the part of it that may change while it runs. */
export function configRoutes(app: FastifyInstance, config: ConfigApi): void {
  app.get(
    `${API_BASE}/config`,
    {
      schema: {
        operationId: "getConfig",
        summary: "The configuration that is in force",
        response: { 200: options },
      },
    },
    () => config.list(),
  );
  withJsonBodies(app, (scope) => {
    scope.patch<{ Body: ConfigChange }>(
      `${API_BASE}/config`,
      {
        schema: {
          operationId: "changeConfig",
          summary: "Change options until the agent ends; all or none, answers when the change is in force",
          consumes: JSON_ONLY,
          body: change,
          response: { 200: options, 400: errorSchema, 413: errorSchema, 415: errorSchema },
        },
      },
      (request) => config.change(request.body),
    );
  });
}
