import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import {
  MONITOR_ENCODINGS,
  MONITOR_VERSION,
  MONITOR_VERSION_HEADER,
  type MonitorEncoding,
} from "../api/monitor-protocol.ts";
import { API_BASE } from "../api/rest.ts";
import { systemClock } from "../lib/clock.ts";
import { WeirError } from "../lib/error.ts";
import type { MonitorReader, MonitorSource } from "./agent-api.ts";
import { negotiateEncoding } from "./monitor-negotiation.ts";
import { type MonitorQueryValues, monitorQuery, requestOf } from "./monitor-query.ts";
import { errorSchema } from "./schemas.ts";

/** Every subscriber holds a cursor and a socket buffer. */
const SUBSCRIBERS_MAX = 32;
/** How long the end of the agent waits for monitors to take the last events. */
const FINISH_MS = 500;

/** `GET /v1/monitor`: events as they are recorded, until one side ends it or all that was asked for is sent. */
export function monitorRoute(app: FastifyInstance, source: MonitorSource): void {
  const readers = new Set<MonitorReader>();
  const streams = new Set<Promise<void>>();
  app.get<{ Querystring: MonitorQueryValues }>(
    `${API_BASE}/monitor`,
    {
      schema: {
        operationId: "monitor",
        summary: "Events as they are recorded, filtered; the Accept header chooses their encoding (docs/monitor.md)",
        querystring: monitorQuery,
        produces: [...MONITOR_ENCODINGS],
        response: { 200: z.string().describe("events until one side ends"), 406: errorSchema },
      },
    },
    async (request, reply) => {
      const encoding = negotiateEncoding(request.headers.accept);
      if (encoding === undefined) throw notAcceptable(request.headers.accept ?? "");
      if (readers.size >= SUBSCRIBERS_MAX) {
        throw new WeirError("WEIR_LIMIT_EXCEEDED", `there are ${SUBSCRIBERS_MAX} monitors already: end one of them`);
      }
      const reader = source.open({ ...requestOf(request.query, systemClock.now()), encoding });
      readers.add(reader);
      reply.hijack();
      const response = reply.raw;
      response.on("close", () => reader.close());
      begin(response, encoding);
      const streaming = stream(reader, response);
      streams.add(streaming);
      try {
        await streaming;
      } finally {
        streams.delete(streaming);
        readers.delete(reader);
        reader.close();
        response.end();
      }
    },
  );
  app.addHook("preClose", async () => {
    for (const reader of readers) reader.finish();
    // Connections that the agent ends are events, too. A monitor that takes nothing is not waited for.
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, FINISH_MS);
    await Promise.race([Promise.allSettled(streams), patience.promise]);
    clearTimeout(timer);
    for (const reader of readers) reader.close();
  });
}

/** Sent at once: the client knows by it that it misses nothing from here on. */
function begin(response: ServerResponse, encoding: MonitorEncoding): void {
  response.writeHead(200, { "content-type": encoding, vary: "accept", [MONITOR_VERSION_HEADER]: MONITOR_VERSION });
  response.flushHeaders();
}

async function stream(reader: MonitorReader, response: ServerResponse): Promise<void> {
  for (;;) {
    const bytes = reader.read();
    if (bytes === undefined || response.destroyed) return;
    // One batch at a time: what a slow client does not take stays in the ring, which counts what it has to give up.
    if (bytes.length > 0) await written(response, bytes);
    else await reader.ready();
  }
}

/** Leaves no listener behind: a monitor that is slow for hours waits many thousand times. */
function written(response: ServerResponse, bytes: Buffer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => resolve();
  response.once("close", done);
  response.write(bytes, done);
  return promise.finally(() => response.off("close", done));
}

function notAcceptable(accept: string): Error {
  const message = `the Accept header ${JSON.stringify(accept)} names no encoding of this agent: ${MONITOR_ENCODINGS.join(", ")}`;
  return Object.assign(new Error(message), { statusCode: 406 });
}
