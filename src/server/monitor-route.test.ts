import assert from "node:assert/strict";
import { once } from "node:events";
import { lstat, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import fastify from "fastify";
import type { AccessLogRecord } from "../api/access-log-record.ts";
import type { MonitorReader, MonitorSource } from "./agent-api.ts";
import { listenOnSocket } from "./listen-on-socket.ts";
import { monitorRoute } from "./monitor-route.ts";
import { zodValidator } from "./zod-compilers.ts";

type Batch = { lines: string[]; lost: number };

/** A source whose readers get what the test gives them. */
class HandFed implements MonitorSource {
  readonly opened: HandFedReader[] = [];
  open(): MonitorReader {
    const reader = new HandFedReader();
    this.opened.push(reader);
    return reader;
  }
}

class HandFedReader implements MonitorReader {
  closed = false;
  private readonly batches: Batch[] = [];
  private wake = Promise.withResolvers<void>();
  give(batch: Batch): void {
    this.batches.push(batch);
    this.wake.resolve();
  }
  read(): Batch | undefined {
    if (this.closed) return undefined;
    return this.batches.shift() ?? { lines: [], lost: 0 };
  }
  async ready(): Promise<void> {
    await this.wake.promise;
    this.wake = Promise.withResolvers();
    if (this.closed) this.wake.resolve();
  }
  close(): void {
    this.closed = true;
    this.wake.resolve();
  }
}

async function serve(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), "weir-monitor-"));
  const source = new HandFed();
  const app = fastify({ forceCloseConnections: true });
  app.setValidatorCompiler(zodValidator);
  monitorRoute(app, source);
  const path = join(directory, "weir.sock");
  await listenOnSocket(app, path);
  t.after(async () => {
    await app.close();
    await rm(directory, { recursive: true });
  });
  return { app, source, path };
}

async function subscribe(path: string): Promise<IncomingMessage> {
  const outgoing = request({ socketPath: path, path: "/v1/monitor", agent: false }).end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  return response;
}

const record = (fields: Record<string, string>): AccessLogRecord => ({
  time: "2026-01-01T00:00:00.000Z",
  type: "Request",
  verdict: "Forwarded",
  proto: "r2d2",
  direction: "ingress",
  source: { identity: 2 as never, labels: [], address: "127.0.0.1:1" },
  destination: { identity: 300 as never, labels: [], address: "127.0.0.1:2" },
  fields,
});

const line = (fields: Record<string, string>): string => `${JSON.stringify(record(fields))}\n`;

test("records and lost counts arrive as JSON lines, and the reader is closed with the client", async (t) => {
  const { source, path } = await serve(t);
  const response = await subscribe(path);
  assert.equal(response.headers["content-type"], "application/x-ndjson");
  const reader = source.opened[0]!;
  reader.give({ lines: [line({ cmd: "READ" })], lost: 0 });
  reader.give({ lines: [line({ cmd: "HALT" })], lost: 3 });
  const lines: unknown[] = [];
  for await (const line of createInterface({ input: response })) {
    lines.push(JSON.parse(line));
    if (lines.length === 3) break;
  }
  assert.deepEqual(lines, [record({ cmd: "READ" }), { lost: 3 }, record({ cmd: "HALT" })]);
  const closed = once(response, "close");
  response.destroy();
  await closed;
  while (!reader.closed) await new Promise((resolve) => setImmediate(resolve));
});

test("waiting for a slow client leaves nothing behind", async (t) => {
  const { source, path } = await serve(t);
  const warned: string[] = [];
  const onWarning = ({ name }: Error): number => warned.push(name);
  process.on("warning", onWarning);
  t.after(() => process.off("warning", onWarning));
  const response = await subscribe(path);
  const text = line({ padding: "x".repeat(1_048_576) });
  let received = 0;
  response.on("data", (chunk: Buffer) => {
    received += chunk.length;
  });
  for (let batches = 1; batches <= 12; batches++) {
    // Larger than every buffer on the way: the server has to wait each time.
    source.opened[0]!.give({ lines: [text], lost: 0 });
    while (received < batches * text.length) await once(response, "data");
  }
  response.destroy();
  assert.deepEqual(warned, []);
});

test("the end of the server ends the stream", async (t) => {
  const { app, path } = await serve(t);
  const response = await subscribe(path);
  const ended = once(response, "end");
  response.resume();
  await app.close();
  await ended;
});

test("more subscribers than the bound are refused", async (t) => {
  const { path } = await serve(t);
  const responses = await Promise.all(Array.from({ length: 32 }, () => subscribe(path)));
  const refused = await subscribe(path);
  assert.equal(refused.statusCode, 500);
  for (const response of [...responses, refused]) response.destroy();
});

test("a socket that a dead agent left is replaced", async (t) => {
  const { app, path } = await serve(t);
  // Renamed, it outlives its server: nobody listens on it any more.
  await rename(path, `${path}.stale`);
  await app.close();
  const second = fastify();
  t.after(() => second.close());
  await listenOnSocket(second, `${path}.stale`);
  assert.equal((await lstat(`${path}.stale`)).mode & 0o777, 0o600);
});

test("the socket is the owner's alone; a live one and a plain file are not replaced", async (t) => {
  const { app, path } = await serve(t);
  assert.equal((await lstat(path)).mode & 0o777, 0o600);
  const second = fastify();
  t.after(() => second.close());
  await assert.rejects(listenOnSocket(second, path), /another agent listens/);
  await app.close();
  await writeFile(path, "");
  await assert.rejects(listenOnSocket(second, path), /is not a socket/);
  await assert.rejects(listenOnSocket(second, `/tmp/${"x".repeat(120)}`), /longer than 107 bytes/);
});
