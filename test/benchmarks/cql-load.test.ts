import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { SERVER } from "../../benchmarks/proxy/addresses.ts";
import { startCqlServer } from "../../benchmarks/proxy/candidate.ts";
import { type LoadOptions, runLoad } from "../../benchmarks/proxy/load-tool.ts";
import { buildProgram } from "../../benchmarks/proxy/native-program.ts";
import { RunningProcess } from "../../benchmarks/proxy/running-process.ts";
import { HeaderFlag } from "../cassandra/cql-frame.ts";
import { execute, prepare, query, startup } from "../cassandra/cql-request.ts";

const tool = buildProgram("load");
const skip = "missing" in tool ? tool.missing : false;
const path = "missing" in tool ? "" : tool.path;

function optionsFor(to: string, changes: Partial<LoadOptions> = {}): LoadOptions {
  return {
    to,
    from: "127.0.0.1",
    workload: "cql-query",
    connections: 2,
    depth: 32,
    warmupMs: 0,
    measureMs: 30,
    seed: 1,
    watch: [],
    core: undefined,
    ...changes,
  };
}

/** Forwards everything to the server, but for one bit of the first frame behind the greeting. */
async function tamper(
  upstreamPort: number,
  way: "requests" | "replies",
  at: number,
): Promise<Server & AsyncDisposable> {
  const forward = (from: Socket, to: Socket, tampers: boolean): void => {
    let chunks = 0;
    from.on("data", (chunk) => {
      chunks++;
      if (tampers && chunks === 2) chunk[at] = (chunk[at] as number) ^ 1;
      to.write(chunk);
    });
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
  };
  const server = createServer((client) => {
    const upstream = connect(upstreamPort, SERVER);
    forward(client, upstream, way === "requests");
    forward(upstream, client, way === "replies");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

for (const [workload, connections, depth] of [
  ["cql-query", 1, 1],
  ["cql-query", 3, 32],
  // More than the server takes at a time.
  ["cql-query", 1, 4_096],
  ["cql-execute", 3, 32],
  ["cql-execute", 1, 4_096],
  ["cql-large", 3, 8],
] as const) {
  test(`CQL load: ${workload}, ${connections} × ${depth} in flight, is answered rightly`, { skip }, async () => {
    const server = await startCqlServer(undefined);
    await using _server = server.process;
    const result = await runLoad(path, optionsFor(`${SERVER}:${server.port}`, { workload, connections, depth }));
    assert.ok(result.requests > 0);
  });
}

const STREAM_AT = 3;
const VALUE_AT = 60;
const TEXT_AT = 15;

for (const [what, way, at] of [
  ["answers on another stream", "replies", STREAM_AT],
  ["changes a value", "replies", VALUE_AT],
  ["changes a statement", "requests", TEXT_AT],
] as const) {
  test(`CQL load: a proxy that ${what} fails the run`, { skip }, async () => {
    const server = await startCqlServer(undefined);
    await using _server = server.process;
    await using proxy = await tamper(server.port, way, at);
    const to = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    await assert.rejects(runLoad(path, optionsFor(to)), /a wrong answer/);
  });
}

test("CQL load: what the policy would deny fails without a policy", { skip }, async () => {
  const server = await startCqlServer(undefined);
  await using _server = server.process;
  const to = `${SERVER}:${server.port}`;
  await assert.rejects(runLoad(path, optionsFor(to, { workload: "cql-denied" })), /not known to this stand-in/);
});

const SELECT = "SELECT v FROM bench.small WHERE k = 'key-000001'";
const UNKNOWN_REQUESTS: Readonly<Record<string, string>> = {
  "a statement before STARTUP": query(SELECT),
  "a second STARTUP": startup() + startup(),
  "another statement": startup() + query(SELECT.replace("small", "other")),
  "a key that there is not": startup() + query(SELECT.replace("000001", "010000")),
  "another version": startup({}, { version: 3 }),
  "a flag": startup() + query(SELECT, { flags: HeaderFlag.Tracing }),
  "a text longer than its frame": startup() + query(SELECT).replace("\0\0\0\x30", "\0\0\x0f\x30"),
  "an id that nobody was given": startup() + execute("x".repeat(16), { values: ["key-000001"] }),
  "to prepare another statement": startup() + prepare(SELECT),
  "a frame longer than any": startup() + query(SELECT, { length: 65_536 }),
};

for (const [what, bytes] of Object.entries(UNKNOWN_REQUESTS)) {
  test(`stand-in for a CQL server: ${what} gets a protocol error and the end`, { skip }, async () => {
    const server = await startCqlServer(undefined);
    await using _server = server.process;
    const socket = connect({ host: SERVER, port: server.port });
    // Nothing after it is answered, either.
    socket.write(bytes + query(SELECT), "latin1");
    const answer = await text(socket.setEncoding("latin1"));
    assert.match(answer, /not known to this stand-in for a server$/);
  });
}

test("stand-in for a CQL server: other than loopback addresses are refused", { skip }, async () => {
  const program = buildProgram("cql-server");
  assert.ok("path" in program);
  await assert.rejects(
    RunningProcess.start([program.path, "192.0.2.1:9042"], "127.0.0.1", 1),
    /only loopback addresses/,
  );
  await assert.rejects(RunningProcess.start([program.path, "127.0.0.1"], "127.0.0.1", 1), /an address and a port/);
});
