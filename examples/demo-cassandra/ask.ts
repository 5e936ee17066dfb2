// Sends one CQL statement as a workload of your choice:
//   node bin/node24.mjs examples/demo-cassandra/ask.ts 127.0.1.9 127.0.0.1:29042 "SELECT release_version FROM system.local"
import { connectFrom } from "../../test/support/connect-from.ts";
import { createDriver, messageOf } from "./driver.ts";

const [from, server, cql] = process.argv.slice(2);
if (from === undefined || server === undefined || cql === undefined) {
  console.error("usage: ask.ts FROM-ADDRESS TO-ADDRESS:PORT STATEMENT");
  process.exit(2);
}
connectFrom(() => from);
const driver = createDriver(server);
try {
  const { rows } = await driver.execute(cql);
  for (const row of rows ?? []) console.log(JSON.stringify(row));
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
} finally {
  await driver.shutdown();
}
