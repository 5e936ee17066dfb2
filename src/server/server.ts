import swagger from "@fastify/swagger";
import fastify, { type FastifyInstance } from "fastify";
import { z } from "zod";
import { BODY_BYTES_MAX } from "../api/rest.ts";
import { WeirError } from "../lib/error.ts";
import type { Logger } from "../lib/log.ts";
import type { AgentApi } from "./agent-api.ts";
import { configRoutes } from "./config-routes.ts";
import { type ApiObserver, countRequests } from "./count-requests.ts";
import { endpointRoutes } from "./endpoint-routes.ts";
import { errorReply, notFoundReply } from "./error-reply.ts";
import { FairTurns } from "./fair-turns.ts";
import { identityRoutes } from "./identity-routes.ts";
import { monitorRoute } from "./monitor-route.ts";
import { openApiComponents, openApiTransform } from "./open-api.ts";
import { POLICY_CONTENT_TYPES, policyRoutes } from "./policy-routes.ts";
import { revisionRoute } from "./revision-route.ts";
import { statusRoutes } from "./status-routes.ts";
import { traceRoute } from "./trace-route.ts";
import { plainSerializer, zodValidator } from "./zod-compilers.ts";

const openApiSchema = z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) });

/** Each is a file descriptor that traffic may need: all that may wait or stream, several times over. */
const CONNECTIONS_MAX = 512;

/** Builds the REST server; `listenOnSocket` opens it. `inject()` works without a socket. */
export async function createServer(
  agent: AgentApi,
  version: string,
  logger: Logger,
  observer?: ApiObserver,
): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    // The document would have to name them all.
    exposeHeadRoutes: false,
    // Names in paths: 253 characters and a namespace, percent-encoded.
    routerOptions: { maxParamLength: 2048 },
    // What the router refuses before there is a route: a path that cannot be decoded, or is too long.
    frameworkErrors: errorReply(logger),
    requestTimeout: 30_000,
    forceCloseConnections: true,
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  app.setValidatorCompiler(zodValidator);
  app.setSerializerCompiler(plainSerializer);
  app.setErrorHandler(errorReply(logger));
  app.setNotFoundHandler(notFoundReply);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([...POLICY_CONTENT_TYPES], { parseAs: "buffer" }, (_request, body, done) => {
    try {
      done(null, new TextDecoder("utf-8", { fatal: true }).decode(body as Buffer));
    } catch {
      done(new WeirError("WEIR_POLICY_INVALID", "the body is not valid UTF-8"));
    }
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.0.3",
      info: { title: "weir", version, description: "The REST interface of the weir agent, on its Unix socket." },
      components: openApiComponents,
    },
    transform: openApiTransform,
  });
  if (observer !== undefined) countRequests(app, observer);
  statusRoutes(app, agent);
  endpointRoutes(app, agent);
  identityRoutes(app, agent);
  configRoutes(app, agent.config);
  const turns = new FairTurns();
  policyRoutes(app, agent, turns);
  revisionRoute(app, agent);
  traceRoute(app, agent, turns);
  monitorRoute(app, agent.monitor);
  const document = { operationId: "getOpenApi", summary: "This document", response: { 200: openApiSchema } };
  app.get("/openapi.json", { schema: document }, () => app.swagger());
  await app.ready();
  return app;
}
