import type cassandra from "cassandra-driver";
import { ensureCassandra } from "../../scripts/ensure-cassandra.ts";
import { startCassandra } from "../../test/support/cassandra.ts";
import { note } from "../demo/screen.ts";
import { createDriver } from "./driver.ts";
import { COUNT_PLANS, COUNT_RECORDS, SCHEMA } from "./story.ts";

/** As in examples/weir-cassandra.yaml. */
const ADDRESS = "127.0.2.9";

/** What the Empire keeps its records in, and the hands of its headquarters, which do not go through weir. */
export interface Headquarters extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly version: string;
  countRecords(): Promise<number>;
  countPlans(): Promise<number>;
}

/** Fetches and starts a real Cassandra, and makes the Empire's tables. undefined: it cannot be had, and why was told. */
export async function startHeadquarters(): Promise<Headquarters | undefined> {
  if (ensureCassandra(note) === undefined) return undefined;
  const server = await startCassandra({ address: ADDRESS });
  const driver = createDriver(`${server.address}:${server.port}`);
  const dispose = async (): Promise<void> => {
    try {
      await driver.shutdown();
    } finally {
      await server.stop();
    }
  };
  try {
    for (const cql of SCHEMA) await driver.execute(cql);
    const version = await driver.execute("SELECT release_version FROM system.local");
    return {
      address: server.address,
      port: server.port,
      version: String(version.first().get(0)),
      countRecords: () => count(driver, COUNT_RECORDS),
      countPlans: () => count(driver, COUNT_PLANS),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function count(driver: cassandra.Client, cql: string): Promise<number> {
  return Number(String((await driver.execute(cql)).first().get(0)));
}
