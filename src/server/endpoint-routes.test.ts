import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiError, EndpointAddition } from "../api/rest.ts";
import { WeirError } from "../lib/error.ts";
import { silentLogger } from "../lib/log.ts";
import { createServer } from "./server.ts";
import { type Answers, answeringAgent, MEMCACHED } from "./testing/answering-agent.ts";

const server = (endpoint: NonNullable<Answers["endpoint"]>) =>
  createServer(answeringAgent({ endpoint }), "1.2.3", silentLogger);

test("an endpoint is added with defaults for what is left out: 201", async () => {
  const added: [string, EndpointAddition][] = [];
  const app = await server({
    add: async (name, addition) => {
      added.push([name, addition]);
      return MEMCACHED;
    },
  });
  const reply = await app.inject({ method: "PUT", url: "/v1/endpoint/cache", payload: { addresses: ["::1.2.3.4"] } });
  assert.equal(reply.statusCode, 201, reply.body);
  assert.deepEqual(added, [["cache", { addresses: ["::1.2.3.4"], labels: [], audit: false, observe: {} }]]);
});

test("all that is wrong with a body is told at once, each with its path, and the agent hears nothing of it", async () => {
  const app = await server({ add: () => assert.fail("reached the agent") });
  const reply = await app.inject({
    method: "PUT",
    url: "/v1/endpoint/cache",
    payload: {
      addresses: ["10.0.0.1", "example.org"],
      labels: ["app=x", "k8s:", "a b"],
      observe: { "0": "memcache", "70000": "memcache", "80": "" },
      audit: "yes",
      lables: [],
    },
  });
  assert.equal(reply.statusCode, 400);
  const { code, message, problems } = reply.json<ApiError>();
  assert.equal(code, "WEIR_REQUEST_INVALID");
  assert.match(message, /^ {2}body observe\["70000"\]: a port is a number from 1 to 65535$/m);
  assert.deepEqual(problems?.map(({ source, path }) => `${source} ${path}`).sort(), [
    "body addresses[1]",
    "body audit",
    "body labels[1]",
    "body labels[2]",
    "body lables",
    'body observe["0"]',
    'body observe["70000"]',
    'body observe["80"]',
  ]);
});

test("many wrong items make a short answer", async () => {
  const app = await server({});
  const labels = Array.from({ length: 256 }, () => "");
  const reply = await app.inject({ method: "PUT", url: "/v1/endpoint/cache", payload: { labels } });
  assert.equal(reply.statusCode, 400);
  assert.ok(reply.body.length < 40_000, `${reply.body.length} bytes`);
  assert.match(reply.json<ApiError>().message, /and 156 more/);
});

test("a body that is no JSON, no object or of another type is refused", async () => {
  const app = await server({ update: () => assert.fail("reached the agent") });
  const patch = (payload: string | Buffer, type = "application/json") =>
    app.inject({ method: "PATCH", url: "/v1/endpoint/cache", payload, headers: { "content-type": type } });
  for (const payload of ["{", "[]", "null", '{"__proto__": {}}', Buffer.from([0x22, 0xff, 0x22])]) {
    const reply = await patch(payload);
    assert.equal(reply.statusCode, 400, String(payload));
    assert.equal(reply.json<ApiError>().code, "WEIR_REQUEST_INVALID");
  }
  assert.equal((await patch("a: b", "application/yaml")).statusCode, 415);
  assert.equal((await patch(`{"labels": ["${"a".repeat(1_048_576)}"]}`)).statusCode, 413);
});

test("names that are none are refused, and failures have the original's codes", async () => {
  const failing = (code: "WEIR_ENDPOINT_NOT_FOUND" | "WEIR_ENDPOINT_CONFLICT") => () => {
    throw new WeirError(code, "no");
  };
  const app = await server({ get: failing("WEIR_ENDPOINT_NOT_FOUND"), add: failing("WEIR_ENDPOINT_CONFLICT") });
  assert.equal((await app.inject("/v1/endpoint/a%20b")).statusCode, 400);
  assert.equal((await app.inject("/v1/endpoint/cache")).statusCode, 404);
  assert.equal((await app.inject({ method: "PUT", url: "/v1/endpoint/cache", payload: {} })).statusCode, 409);
});

test("single labels come and go; the others stay", async () => {
  const present = ["k8s:app=x", "unspec:tier=data", "k8s:hash=1"];
  const changes: (readonly string[])[] = [];
  const app = await server({
    relabel: async (_name, relabelled) => {
      changes.push(relabelled(present));
      return MEMCACHED;
    },
  });
  const patch = (payload: object) => app.inject({ method: "PATCH", url: "/v1/endpoint/cache/labels", payload });
  assert.equal((await patch({ add: ["tier=web", "new"], delete: ["k8s:app"] })).statusCode, 200);
  assert.deepEqual(changes.splice(0), [["unspec:tier=web", "k8s:hash=1", "unspec:new"]]);
  for (const label of ["nothing", "container:app", "app=y"]) {
    const reply = await patch({ add: ["more=1"], delete: [label] });
    assert.equal(reply.statusCode, 400, label);
    assert.match(reply.json<ApiError>().message, /nothing was changed: the endpoint has no label/);
  }
  assert.deepEqual(changes, []);
});
