import assert from "node:assert/strict";
import { test } from "node:test";
import type { MicroBenchmark } from "../../benchmarks/micro/benchmark.ts";
import { measureAll } from "../../benchmarks/micro/measure.ts";

const OPTIONS = { rounds: 1, turnMs: 1, warmupMs: 0, tell: () => {} };

test("benchmarks: measuring gives finite figures and sees allocations", () => {
  const kept: unknown[] = [];
  const allocating: MicroBenchmark = {
    name: "allocating",
    unit: "array",
    run(count) {
      for (let index = 0; index < count; index++) kept[index & 7] = new Array(index & 15);
      return count;
    },
  };
  const [result] = measureAll([allocating], OPTIONS);
  assert.ok(result !== undefined && result.nanoseconds >= 0 && Number.isFinite(result.nanoseconds));
  assert.ok(result.allocations >= 0.9, `allocations: ${result.allocations}`);
  assert.ok(result.allocatedBytes >= 16, `bytes: ${result.allocatedBytes}`);
});

test("benchmarks: work that fails stops the measurement", () => {
  const failing: MicroBenchmark = {
    name: "failing",
    unit: "request",
    run() {
      throw new Error("the connection was closed");
    },
  };
  assert.throws(() => measureAll([failing], OPTIONS), /the connection was closed/);
});
