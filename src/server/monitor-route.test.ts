import assert from "node:assert/strict";
import { once } from "node:events";
import { lstat, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import fastify from "fastify";
import { NDJSON, PROTOBUF_V1 } from "../api/monitor-protocol.ts";
import { createLogger } from "../lib/log.ts";
import { filterOf } from "../monitor/testing/any-filter.ts";
import type { MonitorReader, MonitorRequest, MonitorSource } from "./agent-api.ts";
import { errorReply } from "./error-reply.ts";
import { listenOnSocket } from "./listen-on-socket.ts";
import { monitorRoute } from "./monitor-route.ts";
import { plainSerializer, zodValidator } from "./zod-compilers.ts";

/** A source whose readers get what the test gives them. */
class HandFed implements MonitorSource {
  readonly opened: HandFedReader[] = [];
  readonly requests: MonitorRequest[] = [];
  open(request: MonitorRequest): MonitorReader {
    const reader = new HandFedReader();
    this.opened.push(reader);
    this.requests.push(request);
    return reader;
  }
}

class HandFedReader implements MonitorReader {
  closed = false;
  reads = 0;
  private readonly batches: Buffer[] = [];
  private wake = Promise.withResolvers<void>();
  give(text: string): void {
    this.batches.push(Buffer.from(text));
    this.wake.resolve();
  }
  read(): Buffer | undefined {
    if (this.closed) return undefined;
    this.reads++;
    return this.batches.shift() ?? Buffer.alloc(0);
  }
  async ready(): Promise<void> {
    await this.wake.promise;
    this.wake = Promise.withResolvers();
    if (this.closed) this.wake.resolve();
  }
  finish(): void {
    this.close();
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
  app.setSerializerCompiler(plainSerializer);
  app.setErrorHandler(errorReply(createLogger({ level: "error", human: false })));
  monitorRoute(app, source);
  const path = join(directory, "weir.sock");
  await listenOnSocket(app, path);
  t.after(async () => {
    await app.close();
    await rm(directory, { recursive: true });
  });
  return { app, source, path };
}

async function subscribe(path: string, query = "", accept?: string): Promise<IncomingMessage> {
  const headers = accept === undefined ? {} : { accept };
  const outgoing = request({ socketPath: path, path: `/v1/monitor${query}`, headers, agent: false }).end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  return response;
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response) text += chunk;
  return text;
}

test("what the reader gives arrives as it is, and the reader is closed with the client", async (t) => {
  const { source, path } = await serve(t);
  const response = await subscribe(path);
  assert.equal(response.statusCode, 200);
  const reader = source.opened[0]!;
  reader.give('{"a":1}\n');
  reader.give('{"lost":3}\n{"a":2}\n');
  const lines: unknown[] = [];
  for await (const line of createInterface({ input: response })) {
    lines.push(JSON.parse(line));
    if (lines.length === 3) break;
  }
  assert.deepEqual(lines, [{ a: 1 }, { lost: 3 }, { a: 2 }]);
  const closed = once(response, "close");
  response.destroy();
  await closed;
  while (!reader.closed) await new Promise((resolve) => setImmediate(resolve));
});

test("the encoding is negotiated, and the answer says which", async (t) => {
  const { source, path } = await serve(t);
  const table: [accept: string | undefined, encoding: string][] = [
    [undefined, NDJSON],
    ["*/*", NDJSON],
    [`${PROTOBUF_V1}, ${NDJSON}`, PROTOBUF_V1],
  ];
  for (const [accept, encoding] of table) {
    const response = await subscribe(path, "", accept);
    assert.equal(response.headers["content-type"], encoding, accept);
    assert.equal(response.headers["weir-monitor-version"], "1");
    assert.equal(source.requests.at(-1)?.encoding, encoding);
    response.destroy();
  }
});

test("who offers only what the agent does not know is told what it does know", async (t) => {
  const { source, path } = await serve(t);
  const response = await subscribe(path, "", "application/vnd.weir.monitor.v9+protobuf");
  assert.equal(response.statusCode, 406);
  const { message } = JSON.parse(await bodyOf(response)) as { message: string };
  for (const encoding of [PROTOBUF_V1, NDJSON, "v9"]) assert.ok(message.includes(encoding), message);
  assert.equal(source.opened.length, 0);
});

test("the query becomes a filter, and whether to follow", async (t) => {
  const { source, path } = await serve(t);
  const open = async (query: string): Promise<MonitorRequest> => {
    (await subscribe(path, query)).destroy();
    return source.requests.at(-1)!;
  };
  const plain = await open("");
  assert.deepEqual([plain.follow, plain.last, plain.sinceMs], [true, undefined, undefined]);
  assert.deepEqual(plain.filter, filterOf());
  const request = await open("?from=app%3Dweb&from=300&not-verdict=Denied&type=l7&policy=shop/cache&last=20");
  assert.deepEqual(
    request.filter,
    filterOf(
      {
        from: [
          { kind: "label", source: undefined, text: "app=web" },
          { kind: "identity", identity: 300, name: "300" },
        ],
        type: ["l7"],
        policy: ["shop/cache"],
      },
      { verdict: ["Denied"] },
    ),
  );
  assert.deepEqual([request.follow, request.last], [false, 20]);
  assert.equal((await open("?since=2026-01-01T00:00:00Z&follow=true")).follow, true);
  assert.equal(source.requests.at(-1)?.sinceMs, Date.UTC(2026, 0, 1));
  const before = Date.now();
  const ago = (await open("?since=1h30m")).sinceMs ?? 0;
  assert.ok(ago >= before - 5_400_000 && ago <= Date.now() - 5_400_000);
});

test("everything that is wrong with a query is told at once", async (t) => {
  const { source, path } = await serve(t);
  const query = `?from=a%20b&to=app%3B%3D1&verdict=denied&type=trace&since=yesterday&last=9000&form=x&${"proto=x&".repeat(33)}`;
  const response = await subscribe(path, query);
  assert.equal(response.statusCode, 400);
  const { code, problems } = JSON.parse(await bodyOf(response)) as { code: string; problems: { path: string }[] };
  assert.equal(code, "WEIR_REQUEST_INVALID");
  const paths = problems.map((problem) => problem.path).sort();
  assert.deepEqual(paths, ["form", "from[0]", "last", "proto", "since", "to[0]", "type[0]", "verdict[0]"]);
  assert.equal(source.opened.length, 0);
});

test("while a client takes nothing, at most one batch is read for it", async (t) => {
  const { source, path } = await serve(t);
  const response = await subscribe(path);
  response.pause();
  const reader = source.opened[0]!;
  const text = "x".repeat(4_194_304);
  for (let i = 0; i < 8; i++) reader.give(text);
  // More than the socket takes is on its way: it is not asked for the next batch.
  for (let turns = 0; turns < 1_000; turns++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(reader.reads <= 2, `${reader.reads} batches were read`);
  response.destroy();
  while (!reader.closed) await new Promise((resolve) => setImmediate(resolve));
});

test("waiting for a slow client leaves nothing behind", async (t) => {
  const { source, path } = await serve(t);
  const warned: string[] = [];
  const onWarning = ({ name }: Error): number => warned.push(name);
  process.on("warning", onWarning);
  t.after(() => process.off("warning", onWarning));
  const response = await subscribe(path);
  const text = "x".repeat(1_048_576);
  let received = 0;
  response.on("data", (chunk: Buffer) => {
    received += chunk.length;
  });
  for (let batches = 1; batches <= 12; batches++) {
    // Larger than every buffer on the way: the server has to wait each time.
    source.opened[0]!.give(text);
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
  assert.equal(refused.statusCode, 429);
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
