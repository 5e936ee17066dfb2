import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { API_BASE, REVISION_WAIT_SECONDS_MAX } from "../api/rest.ts";
import { WeirError } from "../lib/error.ts";
import type { AgentApi } from "./agent-api.ts";
import { numberText } from "./field-schemas.ts";
import { RevisionWaiters } from "./revision-waiters.ts";
import { errorSchema, realizationSchema } from "./schemas.ts";

const params = z.object({ revision: numberText(Number.MAX_SAFE_INTEGER).meta({ example: "1" }) });
const query = z.strictObject({
  timeout: numberText(REVISION_WAIT_SECONDS_MAX)
    .prefault(String(REVISION_WAIT_SECONDS_MAX))
    .describe("longest wait in seconds; 0 looks once")
    .meta({ example: "5" }),
});

type Route = { Params: z.infer<typeof params>; Querystring: z.infer<typeof query> };

/**
 * `GET /v1/policy-revision/{revision}`: answers when it is in force. Not below `/v1/policy/`, where every name belongs to
 * a document.
 */
export function revisionRoute(app: FastifyInstance, agent: AgentApi): void {
  const waiters = new RevisionWaiters(() => {
    const endpoints = agent.endpoints();
    const wanted = agent.policy.revision();
    return {
      wanted,
      realized: Math.min(wanted, ...endpoints.map(({ revision }) => revision.realized)),
      failures: endpoints.flatMap(({ name, failure }) =>
        failure === undefined ? [] : [`endpoint ${name}: ${failure}`],
      ),
    };
  });
  app.get<Route>(
    `${API_BASE}/policy-revision/:revision`,
    {
      schema: {
        operationId: "waitForPolicyRevision",
        summary: "Wait until every endpoint has this revision of the policy, or a later one, in force",
        params,
        querystring: query,
        response: { 200: realizationSchema, 400: errorSchema, 429: errorSchema, 504: errorSchema },
      },
    },
    async (request, reply) => {
      const gone = new AbortController();
      const close = (): void => gone.abort(new WeirError("WEIR_API_FAILED", "the client has gone"));
      reply.raw.on("close", close);
      return waiters.wait(request.params.revision, request.query.timeout * 1000, gone.signal);
    },
  );
  app.addHook("preClose", async () => waiters.close());
}
