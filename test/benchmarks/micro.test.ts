import assert from "node:assert/strict";
import { test } from "node:test";
import { cassandraBenchmarks } from "../../benchmarks/micro/cassandra.ts";
import { memcachedBenchmarks } from "../../benchmarks/micro/memcached.ts";
import { r2d2Benchmarks } from "../../benchmarks/micro/r2d2.ts";
import { recordBenchmarks } from "../../benchmarks/micro/records.ts";
import { remoteBenchmarks } from "../../benchmarks/micro/remote.ts";
import { ruleBenchmarks } from "../../benchmarks/micro/rules.ts";

// What they do is checked, not how long it takes: each compares the bytes that the engine sent with those it should send.
for (const [room, make] of Object.entries({
  memcachedBenchmarks,
  cassandraBenchmarks,
  r2d2Benchmarks,
  recordBenchmarks,
  remoteBenchmarks,
  ruleBenchmarks,
})) {
  test(`benchmarks: every one of ${room} does its work`, () => {
    for (const benchmark of make()) assert.ok(benchmark.run(3) >= 3, benchmark.name);
  });
}
