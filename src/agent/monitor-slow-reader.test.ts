import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fastify from "fastify";
import { PROTOBUF_V1 } from "../api/monitor-protocol.ts";
import { ProtobufStream } from "../client/monitor-stream.ts";
import { EventRing } from "../monitor/event-ring.ts";
import { anyConnection } from "../monitor/testing/any-connection.ts";
import { listenOnSocket } from "../server/listen-on-socket.ts";
import { monitorRoute } from "../server/monitor-route.ts";
import { plainSerializer, zodValidator } from "../server/zod-compilers.ts";
import { RingMonitor } from "./monitor-source.ts";

const CAPACITY = 1_024;
const EVENTS = 100_000;
/** So many are recorded in one turn of the event loop. */
const BURST = 100;

test("a monitor that takes nothing costs the data plane nothing, holds little, and learns what it lost", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "weir-slow-"));
  let wakes = 0;
  const schedule = (wake: () => void): void => {
    wakes++;
    setImmediate(wake);
  };
  const ring = new EventRing({ capacity: CAPACITY, schedule });
  const monitor = new RingMonitor(ring, 0);
  const app = fastify({ forceCloseConnections: true });
  app.setValidatorCompiler(zodValidator);
  app.setSerializerCompiler(plainSerializer);
  monitorRoute(app, monitor);
  await listenOnSocket(app, join(folder, "weir.sock"));
  t.after(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });
  let heldBytes = 0;
  app.server.on("connection", (socket) => {
    const look = setInterval(() => {
      heldBytes = Math.max(heldBytes, socket.writableLength);
    });
    socket.on("close", () => clearInterval(look));
  });

  const headers = { accept: PROTOBUF_V1 };
  const outgoing = request({ socketPath: join(folder, "weir.sock"), path: "/v1/monitor", headers, agent: false }).end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  response.pause();

  const connection = anyConnection();
  for (let event = 0; event < EVENTS; event++) {
    ring.record(connection, "Request", "Forwarded", undefined, { number: String(event) });
    if (event % BURST === 0) await turn();
  }
  assert.ok(monitor.lost > EVENTS / 2, `${monitor.lost} of ${EVENTS} were lost: it was not slow`);
  // Within recording, a reader costs one wake-up a turn, whether it reads or not.
  assert.ok(wakes <= EVENTS / BURST + 1, `${wakes} wake-ups`);
  assert.ok(heldBytes > 0 && heldBytes < 262_144, `${heldBytes} bytes were held for it`);

  const stream = new ProtobufStream();
  let [seen, lost, next] = [0, 0, 0];
  for await (const chunk of response as AsyncIterable<Buffer>) {
    for (const item of stream.push(chunk)) {
      if ("lost" in item) {
        lost += item.lost;
        next += item.lost;
      } else if ("fields" in item) {
        assert.equal(Number(item.fields["number"]), next++, "lost ones are told where they are missing");
        seen++;
      }
    }
    if (seen + lost === EVENTS) break;
  }
  assert.equal(lost, monitor.lost);
});
