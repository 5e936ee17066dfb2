import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { type LoadOptions, runLoad } from "../../benchmarks/proxy/load-tool.ts";
import type { Workload } from "../../benchmarks/proxy/mode.ts";
import { buildProgram } from "../../benchmarks/proxy/native-program.ts";

const tool = buildProgram("load");
const skip = "missing" in tool ? tool.missing : false;
const path = "missing" in tool ? "" : tool.path;

/** A server whose answer to every piece of input comes from `answer`. */
async function serve(answer: (requests: number) => string): Promise<Server & AsyncDisposable> {
  const server = createServer((socket: Socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (data) => socket.write(answer(data.toString("latin1").split("\r\n").length - 1)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function optionsFor(server: Server, changes: Partial<LoadOptions> = {}): LoadOptions {
  return {
    to: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    from: "127.0.0.1",
    workload: "miss",
    connections: 3,
    depth: 4,
    warmupMs: 10,
    measureMs: 50,
    seed: 1,
    watch: [process.pid],
    core: undefined,
    ...changes,
  };
}

test("load generator: right answers give finite figures", { skip }, async () => {
  await using server = await serve((requests) => "END\r\n".repeat(requests));
  const result = await runLoad(path, optionsFor(server));
  assert.ok(result.requests > 0);
  for (const figure of [result.seconds, result.p50Us, result.p99Us, result.ownCpuSeconds]) {
    assert.ok(Number.isFinite(figure) && figure > 0, JSON.stringify(result));
  }
  assert.ok(result.p50Us <= result.p99Us);
  assert.ok((result.cpuSeconds[process.pid] ?? 0) > 0);
});

test("load generator: nothing is asked before somebody has looked at the connections", { skip }, async () => {
  let asked = 0;
  await using server = await serve((requests) => {
    asked += requests;
    return "END\r\n".repeat(requests);
  });
  let connected = 0;
  server.on("connection", () => connected++);
  let askedBefore: number | undefined;
  const whenConnected = async (): Promise<void> => {
    while (connected < 3) await new Promise(setImmediate);
    askedBefore = asked;
  };
  const result = await runLoad(path, optionsFor(server, { whenConnected }));
  assert.equal(askedBefore, 0);
  assert.ok(result.requests > 0);
  const failing = (): Promise<void> => Promise.reject(new Error("half of them are missing"));
  await assert.rejects(runLoad(path, optionsFor(server, { whenConnected: failing })), /half of them are missing/);
});

test("load generator: a wrong answer, an answer too many and a closed connection fail the run", { skip }, async () => {
  await using wrong = await serve((requests) => "ENE\r\n".repeat(requests));
  await assert.rejects(runLoad(path, optionsFor(wrong)), /a wrong answer/);
  await using surplus = await serve((requests) => "END\r\n".repeat(requests + 20));
  await assert.rejects(runLoad(path, optionsFor(surplus)), /bytes that no request asked for/);
  await using closing = createServer((socket) => socket.resetAndDestroy()).listen(0, "127.0.0.1");
  await once(closing, "listening");
  await assert.rejects(runLoad(path, optionsFor(closing)), /load: (receive|send)/);
});

test("load generator: a server that never answers ends the run in bounded time", { skip }, async () => {
  await using silent = await serve(() => "");
  await assert.rejects(runLoad(path, optionsFor(silent)), /never answered/);
});

test("load generator: other than loopback addresses are refused", { skip }, async () => {
  await using server = await serve(() => "");
  await assert.rejects(runLoad(path, optionsFor(server, { to: "192.0.2.1:11211" })), /only loopback addresses/);
  await assert.rejects(runLoad(path, optionsFor(server, { from: "10.0.0.1" })), /only loopback addresses/);
  await assert.rejects(runLoad(path, optionsFor(server, { workload: "nonsense" as Workload })), /no such workload/);
});
