// `npm test [-- FILE…]`: the tests of everything but whole matrices against real servers (`npm run test:servers`).
import { availableParallelism } from "node:os";
import { ensureCassandra } from "./ensure-cassandra.ts";
import { ensureMemcached } from "./ensure-memcached.ts";
import { ensureProtoc } from "./ensure-protoc.ts";
import { ensureShells } from "./ensure-shells.ts";
import { runSuite } from "./test-run.ts";

await runSuite({
  has: (path) => !path.startsWith("test/servers/"),
  prepare: (say) => [
    ...(ensureMemcached(say) === undefined ? ["memcached"] : []),
    ...(ensureProtoc(say) === undefined ? ["protoc"] : []),
    ...(ensureCassandra(say) === undefined ? ["Cassandra"] : []),
    ...ensureShells(say),
  ],
  floor: "testsPassed",
  concurrency: Math.max(2, availableParallelism()),
  testTimeoutMs: 120_000,
  // CI gives the whole command ten minutes.
  runTimeoutMs: 570_000,
});
