import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { parseSocketAddress, type SocketAddress } from "../lib/ip/address.ts";
import { type Logger, silentLogger } from "../lib/log.ts";
import { PrometheusServer } from "./prometheus-server.ts";

const FREE = parseSocketAddress("127.0.0.1:0") as SocketAddress;
const metrics = { text: async () => "weir_x 1\n", contentType: "text/plain; version=0.0.4; charset=utf-8" };

async function open(t: TestContext, parts: Partial<Parameters<typeof PrometheusServer.open>[0]> = {}) {
  const server = await PrometheusServer.open({ listen: FREE, metrics, logger: silentLogger, ...parts });
  t.after(() => server[Symbol.asyncDispose]());
  return server;
}

/** Everything that the server says until it ends the connection. */
async function talk(listen: string, request: string): Promise<string> {
  const { port } = parseSocketAddress(listen) as SocketAddress;
  const socket = connect(port, "127.0.0.1").setEncoding("latin1");
  socket.write(request);
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

test("metrics are served in the Prometheus text format, and nothing else is", async (t) => {
  const { listen } = await open(t);
  const good = await fetch(`http://${listen}/metrics?x=y`);
  assert.equal(good.status, 200);
  assert.equal(good.headers.get("content-type"), metrics.contentType);
  assert.equal(await good.text(), "weir_x 1\n");
  for (const path of ["/", "/v1/policy", "/metrics/x", "//metrics", "/v1/metrics"]) {
    assert.equal((await fetch(`http://${listen}${path}`)).status, 404, path);
  }
  for (const method of ["HEAD", "POST", "PUT", "DELETE"]) {
    const refused = await fetch(`http://${listen}/metrics`, { method });
    assert.equal(refused.status, 405, method);
    assert.equal(refused.headers.get("allow"), "GET");
  }
});

test("a body is not waited for", async (t) => {
  const { listen } = await open(t);
  const text = await talk(listen, "POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n");
  // The one answer; the server does not wait until its patience for the body ends.
  assert.match(text, /^HTTP\/1\.1 405 [\s\S]*connection: close\r\n/i);
  assert.equal(text.split("HTTP/1.1").length, 2, text);
});

test("what is not HTTP, or too long, is refused", async (t) => {
  const { listen } = await open(t);
  assert.match(await talk(listen, "get foo\r\n\r\n"), /^HTTP\/1\.1 400/);
  const long = `GET /metrics HTTP/1.1\r\nhost: x\r\nx: ${"a".repeat(10_000)}\r\n\r\n`;
  assert.match(await talk(listen, long), /^HTTP\/1\.1 431/);
  assert.match(await talk(listen, "GET http://[ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"), /^HTTP\/1\.1 404/);
});

test("there are 16 connections at most", async (t) => {
  const { listen } = await open(t);
  const { port } = parseSocketAddress(listen) as SocketAddress;
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let at = 0; at < 16; at++) {
    const socket = connect(port, "127.0.0.1");
    sockets.push(socket);
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    assert.match(String((await once(socket, "data"))[0]), /^HTTP\/1\.1 404/);
  }
  // The one too many is closed, and gets no answer.
  assert.equal(await talk(listen, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").catch(() => ""), "");
});

test("requests behind each other on one connection do not pile up", async (t) => {
  let collections = 0;
  const counted = { ...metrics, text: async () => `weir_x ${++collections}\n` };
  const { listen } = await open(t, { metrics: counted });
  // One answer at most: the connection ends instead.
  const text = await talk(listen, "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1000)).catch(() => "");
  assert.ok(text.split("HTTP/1.1").length <= 2, text.slice(0, 500));
  assert.ok(collections <= 1, `${collections} collections`);
});

test("one after the other, requests of one connection are answered", async (t) => {
  const { listen } = await open(t);
  const { port } = parseSocketAddress(listen) as SocketAddress;
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  for (let at = 0; at < 20; at++) {
    socket.write("GET /x HTTP/1.1\r\nhost: x\r\n\r\n");
    assert.match(String((await once(socket, "data"))[0]), /^HTTP\/1\.1 404/);
  }
});

test("whoever asks at the same time gets the same collection", async (t) => {
  let collections = 0;
  const counted = { ...metrics, text: async () => `weir_x ${++collections}\n` };
  const { listen } = await open(t, { metrics: counted });
  const ask = async (): Promise<string> => (await fetch(`http://${listen}/metrics`)).text();
  assert.equal(await ask(), "weir_x 1\n");
  // All of these come within the pause behind the first one.
  const texts = await Promise.all(Array.from({ length: 8 }, ask));
  assert.ok(collections < 8, `${collections} collections`);
  assert.ok(
    texts.every((text) => Number(text.split(" ")[1]) > 1),
    "nobody gets what was collected before it asked",
  );
});

test("whoever keeps idle connections does not keep others out for long", async (t) => {
  const { listen } = await open(t);
  const { port } = parseSocketAddress(listen) as SocketAddress;
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let at = 0; at < 16; at++) {
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    sockets.push(socket);
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(socket, "data");
  }
  const request = "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
  await talk(listen, request).catch(() => "");
  assert.match(await talk(listen, request), /^HTTP\/1\.1 200/);
});

test("a failure is logged, and its text does not leave the agent", async (t) => {
  const logged: object[] = [];
  const logger: Logger = { ...silentLogger, error: (fields) => void logged.push(fields) };
  const broken = { ...metrics, text: () => Promise.reject(new Error("secret detail")) };
  const { listen } = await open(t, { metrics: broken, logger });
  const reply = await fetch(`http://${listen}/metrics`);
  assert.equal(reply.status, 500);
  assert.doesNotMatch(await reply.text(), /secret/);
  assert.match(JSON.stringify(logged), /secret detail/);
});

test("an address that is taken is told with the key that names it", async (t) => {
  const { listen } = await open(t);
  const taken = parseSocketAddress(listen) as SocketAddress;
  await assert.rejects(
    PrometheusServer.open({ listen: taken, metrics, logger: silentLogger }),
    /prometheusListen 127\.0\.0\.1:\d+ cannot be had: the address is in use/,
  );
});
