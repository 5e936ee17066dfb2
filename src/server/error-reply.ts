import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { ProblemsError } from "../api/problems-error.ts";
import { type ApiError, BODY_TOO_LONG } from "../api/rest.ts";
import { type ErrorCode, WeirError } from "../lib/error.ts";
import type { Logger } from "../lib/log.ts";

const STATUS: Partial<Record<ErrorCode, number>> = {
  WEIR_POLICY_INVALID: 400,
  WEIR_POLICY_NOT_FOUND: 404,
  WEIR_POLICY_CONFLICT: 409,
  WEIR_REQUEST_INVALID: 400,
  WEIR_ENDPOINT_NOT_FOUND: 404,
  WEIR_ENDPOINT_CONFLICT: 409,
  WEIR_IDENTITY_NOT_FOUND: 404,
  // What a client can do about it is to ask for less at a time; a body that is too long has a status of its own.
  WEIR_LIMIT_EXCEEDED: 429,
  WEIR_TIMEOUT: 504,
};

/** Answers every failure in one shape; what nobody foresaw is logged, and its text stays in the log. */
export function errorReply(logger: Logger) {
  return (error: FastifyError | WeirError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (error instanceof WeirError) {
      const body: ApiError =
        error instanceof ProblemsError
          ? { code: error.code, message: error.message, problems: error.problems }
          : { code: error.code, message: error.message };
      return reply.code(STATUS[error.code] ?? 500).send(body);
    }
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      logger.error({ method: request.method, url: request.url, error: error.stack ?? error.message }, "request failed");
      return reply.code(500).send(apiFailed("the agent failed to answer; its log says why"));
    }
    if (status === 413) {
      return reply.code(413).send({ code: "WEIR_LIMIT_EXCEEDED", message: BODY_TOO_LONG });
    }
    if (status === 415) {
      const given = request.headers["content-type"] ?? "";
      const accepted = request.routeOptions.schema?.consumes?.join(", ") ?? "";
      return reply.code(415).send(apiFailed(`the body's type is ${JSON.stringify(given)}; accepted are: ${accepted}`));
    }
    return reply.code(status).send(apiFailed(error.message));
  };
}

export function notFoundReply(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(404).send(apiFailed(`there is no ${request.method} ${request.url}; see GET /openapi.json`));
}

function apiFailed(message: string): ApiError {
  return { code: "WEIR_API_FAILED" satisfies ErrorCode, message };
}
