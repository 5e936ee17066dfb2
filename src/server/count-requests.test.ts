import assert from "node:assert/strict";
import { test } from "node:test";
import fastify from "fastify";
import { countRequests } from "./count-requests.ts";

test("answers are told by route, never by what the client wrote", async () => {
  const app = fastify();
  const told: unknown[][] = [];
  countRequests(app, { answered: (...all) => void told.push(all) });
  app.get("/v1/policy/*", () => "x");
  app.get("/v1/identity/:id", (_request, reply) => reply.code(404).send("x"));
  app.put("/v1/policy", () => {
    throw new Error("x");
  });
  await app.inject("/v1/policy/space/secret");
  await app.inject("/v1/identity/17");
  await app.inject({ method: "PUT", url: "/v1/policy" });
  await app.inject("/secret");
  assert.deepEqual(told, [
    ["GET", "/v1/policy/{name}", 200],
    ["GET", "/v1/identity/{id}", 404],
    ["PUT", "/v1/policy", 500],
    ["GET", undefined, 404],
  ]);
});
