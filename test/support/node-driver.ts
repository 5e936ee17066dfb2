import { join } from "node:path";
import { type DriverProcess, startDriver } from "./cassandra-driver.ts";
import { repositoryRoot } from "./repository.ts";

/** npm cassandra-driver, all of whose connections come from an address. */
export function nodeDriver(from: string): DriverProcess {
  const support = join(repositoryRoot, "test/support");
  const source = new URL("source-address.ts", import.meta.url).href;
  return startDriver(process.execPath, ["--import", source, join(support, "cassandra-client.ts")], from);
}
