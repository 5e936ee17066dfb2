import type { FastifyInstance } from "fastify";

/** Wants to know what the interface answered. Must not throw. */
export interface ApiObserver {
  /** @param route As it is described, `/v1/policy/{name}`; undefined: there is none. */
  answered(method: string, route: string | undefined, statusCode: number): void;
}

/** Tells of every answer. To be called before the routes are made. */
export function countRequests(app: FastifyInstance, observer: ApiObserver): void {
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url?.replace(/:(\w+)/g, "{$1}").replace(/\/\*$/, "/{name}");
    observer.answered(request.method, route, reply.statusCode);
  });
}
