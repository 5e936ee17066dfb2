import assert from "node:assert/strict";
import { test } from "node:test";
import type { IdentitySummary } from "../api/rest.ts";
import { silentLogger } from "../lib/log.ts";
import { createServer } from "./server.ts";
import { answeringAgent } from "./testing/answering-agent.ts";

test("identities are found by number and by labels", async () => {
  const app = await createServer(answeringAgent(), "1.2.3", silentLogger);
  const found = async (query: string) => {
    const reply = await app.inject(`/v1/identity?${query}`);
    assert.equal(reply.statusCode, 200, reply.body);
    return reply.json<IdentitySummary[]>().map(({ id }) => id);
  };
  assert.deepEqual(await found(""), [2, 256, 257]);
  assert.deepEqual(await found("labels=app%3Dmemcached"), [256, 257]);
  assert.deepEqual(await found("labels=k8s:app%3Dmemcached"), [256]);
  assert.deepEqual(await found("labels=app%3Dmemcached&labels=tier%3Ddata"), [256]);
  assert.deepEqual(await found("labels=$world"), [2]);
  assert.deepEqual(await found("labels=app"), []);

  assert.equal((await app.inject("/v1/identity/256")).json<IdentitySummary>().id, 256);
  const statuses = ["9", "-1", "x", "99999999999", "1e1"].map(async (id) => [
    id,
    (await app.inject(`/v1/identity/${id}`)).statusCode,
  ]);
  assert.deepEqual(Object.fromEntries(await Promise.all(statuses)), {
    "9": 404,
    "-1": 400,
    x: 400,
    "99999999999": 400,
    "1e1": 400,
  });
  assert.equal((await app.inject("/v1/identity?labels=a%20b")).statusCode, 400);
  assert.equal((await app.inject("/v1/identity?label=a")).statusCode, 400);
});
