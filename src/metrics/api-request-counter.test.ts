import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiRequestCounter, ROUTES_MAX } from "./api-request-counter.ts";

test("answers are counted by method, route and class of status", () => {
  const counter = new ApiRequestCounter();
  counter.answered("GET", "/v1/policy", 200);
  counter.answered("GET", "/v1/policy", 204);
  counter.answered("GET", "/v1/policy", 500);
  counter.answered("PROPFIND", undefined, 404);
  assert.deepEqual(counter.counts(), [
    { method: "GET", route: "/v1/policy", status: "2xx", count: 2 },
    { method: "GET", route: "/v1/policy", status: "5xx", count: 1 },
    { method: "other", route: "unmatched", status: "4xx", count: 1 },
  ]);
});

test("whatever is sent, the counters are few", () => {
  const counter = new ApiRequestCounter();
  for (let at = 0; at < 10_000; at++) counter.answered(`M${at}`, `/v1/${at}`, 200);
  assert.equal(counter.counts().length, ROUTES_MAX + 1);
  assert.equal(counter.counts().find(({ route }) => route === "other")?.count, 10_000 - ROUTES_MAX);
});
