import type { FastifyInstance } from "fastify";
import { WeirError } from "../lib/error.ts";

/**
 * Routes whose bodies are JSON. They have a scope of their own: elsewhere `application/json` is a text of policy
 * documents, which the policy's reader takes apart so that every problem gets its line.
 */
export function withJsonBodies(app: FastifyInstance, routes: (scope: FastifyInstance) => void): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
      try {
        done(null, JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body as Buffer)));
      } catch (error) {
        done(new WeirError("WEIR_REQUEST_INVALID", `the body is not JSON: ${(error as Error).message}`));
      }
    });
    routes(scope);
  });
}

/** For the `consumes` of such a route. */
export const JSON_ONLY: readonly string[] = ["application/json"];
