import assert from "node:assert/strict";
import { test } from "node:test";
import { MetricRegistry } from "./metric-registry.ts";

test("a label has at most as many values as its bound; what is more is added up as `other`", async () => {
  const registry = new MetricRegistry();
  registry.counter({ name: "open_total", help: "x", labels: { protocol: 3 } }, (emit) => {
    for (let at = 0; at < 100; at++) emit(1, { protocol: `p${at}` });
  });
  const text = await registry.text();
  assert.deepEqual(text.match(/^open_total.*/gm), [
    'open_total{protocol="p0"} 1',
    'open_total{protocol="p1"} 1',
    'open_total{protocol="p2"} 1',
    'open_total{protocol="other"} 97',
  ]);
});

test("a closed label is there from the start, and takes no other value", async () => {
  const registry = new MetricRegistry();
  registry.gauge({ name: "closed", help: "x", labels: { mode: ["a", "b"] } }, (emit) => {
    emit(2, { mode: "b" });
    emit(3, { mode: "something" });
    emit(4, { mode: "else" });
  });
  const observe = registry.histogram({ name: "took_seconds", help: "x", labels: { phase: ["a"] } }, [1]);
  observe({ phase: "a" }, 0.5);
  observe({ phase: "something" }, 2);
  const text = await registry.text();
  assert.deepEqual(text.match(/^closed.*/gm), ['closed{mode="a"} 0', 'closed{mode="b"} 2', 'closed{mode="other"} 7']);
  assert.deepEqual(text.match(/^took_seconds_count.*/gm), [
    'took_seconds_count{phase="a"} 1',
    'took_seconds_count{phase="other"} 1',
  ]);
});

test("scrapes that overlap see whole values", async () => {
  const registry = new MetricRegistry();
  const first = Promise.withResolvers<void>();
  let reads = 0;
  registry.counter({ name: "slow_total", help: "x" }, async (emit) => {
    emit(7);
    if (++reads === 1) await first.promise;
  });
  const slow = registry.text();
  assert.match(await registry.text(), /^slow_total 7$/m);
  first.resolve();
  assert.match(await slow, /^slow_total 7$/m);
});
