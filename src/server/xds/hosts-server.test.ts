import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2, type OutgoingHttpHeaders } from "node:http2";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { DeltaDiscoveryRequestSchema } from "../../api/proto/envoy/service/discovery/v3/discovery_pb.ts";
import { HostReportMessageSchema } from "../../api/proto/weir/v1/host_pb.ts";
import { type JoinedAgent, JoinedWorld, tokenOf, until } from "../../host/xds/testing/joined-agent.ts";
import { MESSAGE_BYTES_MAX } from "../../xds/limits.ts";
import { STREAMS_MAX } from "./limits.ts";

const RESOURCES = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
const ATTACH = "/weir.v1.HostService/Attach";
const RECORDS = "/weir.v1.HostService/Records";

const AUTHORIZED = { authorization: `Bearer ${tokenOf(0)}` };

/** gRPC's frame: no compression, length, message. */
function framed(message: Uint8Array, length: number = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

describe("the agent's side of xds.sock", () => {
  let world: JoinedWorld;
  let agent: JoinedAgent;
  const sessions: ClientHttp2Session[] = [];
  beforeEach(async () => {
    world = await JoinedWorld.create();
  });
  afterEach(async () => {
    for (const session of sessions.splice(0)) session.destroy();
    await world.end();
  });

  function session(): ClientHttp2Session {
    const opened = connectHttp2("http://localhost", { createConnection: () => connect(world.socketPath) });
    opened.on("error", () => {});
    sessions.push(opened);
    return opened;
  }

  /** Calls, sends some bytes, and waits for the end. @returns Status and message of gRPC, and how many bytes came. */
  async function call(
    path: string,
    headers: OutgoingHttpHeaders,
    body: Uint8Array = Buffer.alloc(0),
    through: ClientHttp2Session = session(),
  ): Promise<{ status: string; message: string; bytes: number }> {
    const stream = through.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    const told = { status: "", message: "", bytes: 0 };
    const note = (all: Record<string, unknown>): void => {
      told.status = String(all["grpc-status"] ?? told.status);
      told.message = decodeURIComponent(String(all["grpc-message"] ?? told.message));
    };
    stream.on("response", note);
    stream.on("trailers", note);
    stream.on("data", (chunk: Buffer) => {
      told.bytes += chunk.length;
    });
    stream.on("error", () => {});
    stream.write(body);
    await once(stream, "close");
    return told;
  }

  it("tells whoever has no token of a host that alone, whatever he calls", async () => {
    agent = await world.agent("one");
    agent.put("NetworkPolicy", "web", "policy");
    agent.distribution.complete();
    const tokens: readonly OutgoingHttpHeaders[] = [
      {},
      { authorization: "" },
      { authorization: tokenOf(0) },
      { authorization: `Basic ${tokenOf(0)}` },
      { authorization: `Bearer ${tokenOf(0)} ` },
      { authorization: `Bearer ${tokenOf(0).slice(0, -1)}` },
      { authorization: `Bearer ${"x".repeat(10_000)}` },
    ];
    for (const headers of tokens) {
      for (const path of [RESOURCES, ATTACH, RECORDS, "/nothing"]) {
        const opened = session();
        const closed = once(opened, "close");
        // More than is ever read: it is not even looked at.
        const told = await call(path, headers, framed(Buffer.alloc(100), 0xffff_ffff), opened);
        assert.deepEqual(told, { status: "16", message: "the token of a host is needed", bytes: 0 });
        await closed;
      }
    }
    assert.deepEqual([agent.attachments, agent.reports, agent.batches], [[], [], []]);
    const lines = agent.log.lines.filter((line) => line.includes("refused calls"));
    assert.equal(lines.length, 1, "the log is not filled");
    assert.doesNotMatch(agent.log.text, /secret|closed a call/);
  });

  it("knows no other calls", async () => {
    agent = await world.agent("one");
    assert.deepEqual(await call("/weir.v1.HostService/Detach", AUTHORIZED), {
      status: "12",
      message: "there is no such call",
      bytes: 0,
    });
  });

  it("closes calls with messages that are none, says so to both sides, and serves the next one", async () => {
    agent = await world.agent("one");
    const request = toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, { typeUrl: "x" }));
    const report = (text: string): Buffer =>
      framed(toBinary(HostReportMessageSchema, create(HostReportMessageSchema, { report: Buffer.from(text) })));
    const cases: readonly (readonly [string, Buffer, RegExp])[] = [
      [RESOURCES, framed(Buffer.from("garbage")), /./],
      [RESOURCES, framed(request), /a subscription to/],
      [RESOURCES, framed(Buffer.alloc(8), MESSAGE_BYTES_MAX + 1), /is larger than configured readMaxBytes/],
      [RESOURCES, Buffer.from([1, 0, 0, 0, 1, 0]), /compress/],
      [ATTACH, framed(Buffer.from([0xff])), /./],
      [ATTACH, report("{"), /a report that is no JSON text/],
      [ATTACH, report("{}"), /a report that is none: instance/],
      [ATTACH, framed(Buffer.alloc(8), 2_000_000), /is larger than configured readMaxBytes/],
      [RECORDS, framed(Buffer.alloc(8), 2_000_000), /is larger than configured readMaxBytes/],
    ];
    for (const [path, body, reason] of cases) {
      agent.log.lines.length = 0;
      const told = await call(path, AUTHORIZED, body);
      assert.ok(told.status !== "" && told.status !== "0", `${path} ${reason}: status ${told.status}`);
      const line = agent.log.lines.find((one) => one.includes("closed a call of a host"));
      assert.match(line ?? "", reason);
      assert.match(line ?? "", /"host":0/);
    }
    agent.distribution.complete();
    const host = world.host();
    await until(() => host.link.connected);
  });

  it("ends connections that speak something else, and those that show no token in time", async () => {
    agent = await world.agent("one", undefined, { authenticateMs: 20, pingMs: 60_000 });
    const mistaken = connect(world.socketPath);
    mistaken.on("error", () => {});
    mistaken.end("GET /v1/healthz HTTP/1.1\r\n\r\n");
    mistaken.resume();
    await once(mistaken, "close");
    const silent = connect(world.socketPath);
    silent.resume();
    await once(silent, "close");
    const opened = session();
    await once(opened, "close");
    const host = world.host();
    await until(() => host.link.connected);
    // Whoever has shown one stays: the time of this connection ends later than his.
    const later = connect(world.socketPath);
    later.resume();
    await once(later, "close");
    assert.deepEqual(agent.attachments, ["+host-0"]);
  });

  it("bounds the calls of one connection", async () => {
    agent = await world.agent("one");
    const opened = session();
    await once(opened, "remoteSettings");
    assert.equal(opened.remoteSettings.maxConcurrentStreams, STREAMS_MAX);
  });

  it("does not open where a live agent listens", async () => {
    agent = await world.agent("one");
    await assert.rejects(world.agent("two"), /another agent listens on/);
    const host = world.host();
    await until(() => host.link.connected);
    assert.deepEqual(agent.attachments, ["+host-0"]);
  });
});
