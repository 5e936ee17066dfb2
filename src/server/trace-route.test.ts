import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemsError } from "../api/problems-error.ts";
import type { ApiError } from "../api/rest.ts";
import type { TraceQuery } from "../api/trace.ts";
import { silentLogger } from "../lib/log.ts";
import { createServer } from "./server.ts";
import { answeringAgent } from "./testing/answering-agent.ts";

const QUERY: TraceQuery = {
  src: { labels: ["app=x"] },
  dst: { endpoint: "memcached" },
  dport: 11211,
  direction: "both",
  l7: { command: ["get"], key: ["a", "b"] },
  l7proto: "memcache",
};

async function post(payload: unknown, trace?: (query: TraceQuery) => never) {
  const seen: TraceQuery[] = [];
  const agent = answeringAgent();
  const app = await createServer(
    {
      ...agent,
      trace(query) {
        seen.push(query);
        return trace === undefined ? agent.trace(query) : trace(query);
      },
    },
    "1.2.3",
    silentLogger,
  );
  const headers = { "content-type": "application/json" };
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  return { seen, reply: await app.inject({ method: "POST", url: "/v1/policy/trace", headers, payload: body }) };
}

test("a query arrives as it was sent", async () => {
  const { seen, reply } = await post(QUERY);
  assert.equal(reply.statusCode, 200, reply.body);
  assert.equal(reply.json().verdict, "allowed");
  assert.deepEqual(seen, [QUERY]);
});

test("a body that is wrong is refused with all problems and their places", async () => {
  const { seen, reply } = await post({
    src: { labels: ["app=x"], identity: 3 },
    dst: {},
    dport: 65_536,
    direction: "up",
    l7: { key: "a" },
    more: true,
  });
  assert.equal(reply.statusCode, 400);
  const { code, problems = [] } = reply.json<ApiError>();
  assert.equal(code, "WEIR_REQUEST_INVALID");
  const paths = problems.map(({ path }) => path).sort();
  assert.deepEqual(paths, ["direction", "dport", "dst", "l7.key", "more", "src"]);
  assert.deepEqual(seen, []);
});

test("sizes are bounded", async () => {
  const { src } = QUERY;
  const wrong: readonly object[] = [
    { src: { labels: [] } },
    { src: { labels: new Array(257).fill("a=b") } },
    { src: { labels: ["x".repeat(8193)] } },
    { src: { endpoint: "" } },
    { src: { identity: -1 } },
    { src, l7: { key: new Array(1025).fill("a") } },
    { src, l7: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, []])) },
    { src, l7proto: "" },
  ];
  for (const change of wrong) {
    const { reply } = await post({ ...QUERY, ...change });
    assert.equal(reply.statusCode, 400, JSON.stringify(change).slice(0, 100));
  }
  assert.equal((await post("{")).reply.statusCode, 400);
});

test("what the tracer refuses is a 400 with its problems", async () => {
  const problem = { source: "body", line: 0, column: 0, path: "dst.endpoint", message: "there is no endpoint" };
  const { reply } = await post(QUERY, () => {
    throw new ProblemsError("WEIR_REQUEST_INVALID", "nothing can be traced", [problem]);
  });
  assert.equal(reply.statusCode, 400);
  assert.deepEqual(reply.json<ApiError>().problems, [problem]);
});
