import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { API_BASE, type MonitorLost } from "../api/rest.ts";
import { WeirError } from "../lib/error.ts";
import type { MonitorReader, MonitorSource } from "./agent-api.ts";

/** Every subscriber holds a cursor and a socket buffer. */
const SUBSCRIBERS_MAX = 32;
/** Records that are written at a time: other requests get their turn in between. */
const BATCH = 256;

const query = z.object({ type: z.enum(["l7"]).default("l7") });

/** `GET /v1/monitor`: one JSON object a line, live, until one side ends it. */
export function monitorRoute(app: FastifyInstance, source: MonitorSource): void {
  const readers = new Set<MonitorReader>();
  app.get(
    `${API_BASE}/monitor`,
    {
      schema: {
        summary: 'Records as they are made, one JSON object a line; `{"lost": n}` where the reader was too slow',
        querystring: query,
        produces: ["application/x-ndjson"],
      },
    },
    async (_request, reply) => {
      if (readers.size >= SUBSCRIBERS_MAX) {
        throw new WeirError("WEIR_LIMIT_EXCEEDED", `there are ${SUBSCRIBERS_MAX} monitors already: end one of them`);
      }
      const reader = source.open();
      readers.add(reader);
      reply.hijack();
      const response = reply.raw;
      response.on("close", () => reader.close());
      // Sent at once: the client knows by it that it misses nothing from here on.
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.flushHeaders();
      try {
        await stream(reader, response);
      } finally {
        readers.delete(reader);
        reader.close();
        response.end();
      }
    },
  );
  app.addHook("preClose", async () => {
    for (const reader of readers) reader.close();
  });
}

async function stream(reader: MonitorReader, response: ServerResponse): Promise<void> {
  for (;;) {
    const batch = reader.read(BATCH);
    if (batch === undefined) return;
    if (batch.lost === 0 && batch.lines.length === 0) {
      await reader.ready();
      continue;
    }
    const lost: MonitorLost | undefined = batch.lost > 0 ? { lost: batch.lost } : undefined;
    const text = (lost === undefined ? "" : `${JSON.stringify(lost)}\n`) + batch.lines.join("");
    if (response.destroyed) return;
    // What a slow client does not take stays in the ring, which counts what it has to give up.
    if (!response.write(text)) await drainedOrClosed(response);
  }
}

/** Leaves no listener behind: a monitor that is slow for hours waits many thousand times. */
function drainedOrClosed(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once("drain", resolve).once("close", resolve);
  return promise.finally(() => response.off("drain", resolve).off("close", resolve));
}
