import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ProblemsError } from "../api/problems-error.ts";
import type { ApiError, PolicyText } from "../api/rest.ts";
import { WeirError } from "../lib/error.ts";
import { type Logger, silentLogger } from "../lib/log.ts";
import type { PolicyApi } from "./agent-api.ts";
import { listenOnSocket } from "./listen-on-socket.ts";
import { createServer } from "./server.ts";
import { answeringAgent, STATUS } from "./testing/answering-agent.ts";

const server = (policy: Partial<PolicyApi> = {}, logger: Logger = silentLogger) =>
  createServer(answeringAgent({ policy }), "1.2.3", logger);

test("what is: status, metrics in both forms", async () => {
  const app = await server();
  assert.deepEqual((await app.inject("/v1/healthz")).json(), STATUS);
  const text = await app.inject("/metrics");
  assert.equal(text.body, "weir_x 1\n");
  assert.match(String(text.headers["content-type"]), /^text\/plain; version=0\.0\.4/);
});

test("a policy is found by a name with a namespace, and a missing one is 404 with a code", async () => {
  const app = await server();
  assert.equal((await app.inject("/v1/policy/space/rebels")).json().name, "space/rebels");
  assert.equal((await app.inject(`/v1/policy/${encodeURIComponent("space/rebels")}`)).json().name, "space/rebels");
  const missing = await app.inject("/v1/policy/nobody");
  assert.equal(missing.statusCode, 404);
  assert.equal(missing.json<ApiError>().code, "WEIR_POLICY_NOT_FOUND");
});

test("a path that cannot be decoded or is too long is refused in the shape of every failure", async () => {
  const app = await server();
  for (const [path, status] of [
    ["/v1/endpoint/%ff%fe", 400],
    [`/v1/endpoint/${"a".repeat(4000)}`, 414],
  ] as const) {
    const reply = await app.inject(path);
    assert.equal(reply.statusCode, status);
    assert.deepEqual(Object.keys(reply.json<ApiError>()), ["code", "message"]);
    assert.equal(reply.json<ApiError>().code, "WEIR_API_FAILED");
  }
});

test("there are 512 connections at most, and room again when one ends", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "weir-api-"));
  const path = join(directory, "weir.sock");
  const app = await server();
  await listenOnSocket(app, path);
  const sockets = Array.from({ length: 512 }, () => connect(path));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await app.close();
    await rm(directory, { recursive: true });
  });
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  const ask = async (): Promise<string> => {
    const socket = connect(path).setEncoding("utf8");
    socket.write("GET /v1/healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += chunk;
    return text;
  };
  assert.equal(await ask().catch(() => ""), "");
  sockets.pop()?.destroy();
  let text = "";
  // The server hears of the end a turn or two later.
  while (text === "") text = await ask().catch(() => "");
  assert.match(text, /^HTTP\/1\.1 200/);
});

test("texts and the names of their sources arrive as they were sent", async () => {
  const seen: (readonly PolicyText[])[] = [];
  const app = await server({
    put: async (texts) => {
      seen.push(texts);
      return { revision: 8, policies: ["a"], warnings: [] };
    },
  });
  const text = '{"kind": "CiliumNetworkPolicy",\n "x": "ü"}';
  for (const type of ["application/json", "application/yaml", "text/plain; charset=utf-8"]) {
    const reply = await app.inject({
      method: "PUT",
      url: "/v1/policy?source=my%20file.yaml",
      headers: { "content-type": type },
      payload: text,
    });
    assert.equal(reply.statusCode, 200, reply.body);
  }
  const sent = [{ source: "my file.yaml", text }];
  assert.deepEqual(seen, [sent, sent, sent]);

  const several = [...sent, { source: "other", text: "" }];
  const reply = await app.inject({ method: "POST", url: "/v1/policy/import", payload: several });
  assert.equal(reply.statusCode, 200, reply.body);
  assert.deepEqual(seen.at(-1), several);
});

test("all problems of a document come at once, with their places", async () => {
  const problems = [
    { source: "f", line: 1, column: 2, path: "spec", message: "one" },
    { source: "f", line: 3, column: 4, path: "spec", message: "two", hint: "do this" },
  ];
  const app = await server({
    put: async () => {
      throw new ProblemsError("WEIR_POLICY_INVALID", "two problems", problems);
    },
  });
  const reply = await app.inject({
    method: "PUT",
    url: "/v1/policy",
    headers: { "content-type": "text/yaml" },
    payload: "x",
  });
  assert.equal(reply.statusCode, 400);
  assert.deepEqual(reply.json(), { code: "WEIR_POLICY_INVALID", message: "two problems", problems });
});

test("a document that a file gives may not be deleted: 409", async () => {
  const app = await server({
    delete: async () => {
      throw new WeirError("WEIR_POLICY_CONFLICT", "it comes from p.yaml");
    },
  });
  const reply = await app.inject({ method: "DELETE", url: "/v1/policy/space/rebels" });
  assert.equal(reply.statusCode, 409);
  assert.match(reply.body, /p\.yaml/);
});

test("bad bodies are refused before they reach the agent", async () => {
  const app = await server({
    put: () => assert.fail("reached the agent"),
  });
  const put = (payload: string | Buffer, type?: string) =>
    app.inject({
      method: "PUT",
      url: "/v1/policy",
      payload,
      ...(type === undefined ? {} : { headers: { "content-type": type } }),
    });
  assert.equal((await put("", "text/yaml")).statusCode, 400);
  const picture = await put("a: b", "image/png");
  assert.equal(picture.statusCode, 415);
  assert.match(
    picture.json<ApiError>().message,
    /^the body's type is "image\/png"; accepted are: application\/yaml, .*json/,
  );
  assert.equal((await put(Buffer.from([0x61, 0xff]), "text/yaml")).statusCode, 400);
  for (const payload of ["[]", "{", '["a: b"]', '[{"source":"a"}]', '[{"source":"a","text":"","more":1}]']) {
    const headers = { "content-type": "application/json" };
    const reply = await app.inject({ method: "POST", url: "/v1/policy/import", payload, headers });
    assert.equal(reply.statusCode, 400, payload);
    assert.equal(reply.json<ApiError>().code, "WEIR_REQUEST_INVALID");
  }
  const long = await put("a".repeat(1_048_577), "text/yaml");
  assert.equal(long.statusCode, 413);
  assert.equal(long.json<ApiError>().code, "WEIR_LIMIT_EXCEEDED");
  assert.match(long.json<ApiError>().message, /1048576 bytes/);
});

test("what nobody foresaw is logged, and its text does not leave the agent", async () => {
  const logged: object[] = [];
  const logger: Logger = { ...silentLogger, error: (fields) => void logged.push(fields) };
  const app = await server({ delete: () => Promise.reject(new Error("secret detail")) }, logger);
  const reply = await app.inject({ method: "DELETE", url: "/v1/policy/x" });
  assert.equal(reply.statusCode, 500);
  assert.doesNotMatch(reply.body, /secret/);
  assert.match(JSON.stringify(logged), /secret detail/);
});
