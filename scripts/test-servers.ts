// `npm run test:servers [-- FILE…]`: whole matrices of drivers, versions and statements against real servers.
import { ensureCassandra, ensureOlderCassandras } from "./ensure-cassandra.ts";
import { ensurePythonDrivers } from "./ensure-python-drivers.ts";
import { runSuite } from "./test-run.ts";

await runSuite({
  has: (path) => path.startsWith("test/servers/"),
  prepare: (say) => [
    ...(ensureCassandra(say) === undefined ? ["Cassandra"] : []),
    ...ensureOlderCassandras(say),
    ...(ensurePythonDrivers(say) === undefined ? ["Python with its Cassandra driver"] : []),
  ],
  floor: "serverTestsPassed",
  // A Cassandra takes 400 MB, and two cores while it starts.
  concurrency: 1,
  testTimeoutMs: 300_000,
  runTimeoutMs: 1_200_000,
});
