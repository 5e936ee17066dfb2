import type { DriverProcess } from "../support/cassandra-driver.ts";
import { nodeDriver } from "../support/node-driver.ts";
import { pythonDriver } from "../support/python-driver.ts";

/** A real driver, and how it is told to speak. */
export interface DriverKind {
  readonly name: string;
  /** Undefined: the driver decides. */
  readonly version: number | undefined;
  /** What it ends at behind weir. */
  readonly agreed: number;
  start(from: string): DriverProcess;
}

function python(lz4: boolean): (from: string) => DriverProcess {
  return (from) => {
    const driver = pythonDriver(from, { lz4 });
    if (driver === undefined) throw new Error("Python's driver is not here: npm run test:servers installs it");
    return driver;
  };
}

export const DRIVERS: readonly DriverKind[] = [
  { name: "npm cassandra-driver, version 3", version: 3, agreed: 3, start: nodeDriver },
  { name: "npm cassandra-driver, version 4", version: 4, agreed: 4, start: nodeDriver },
  { name: "npm cassandra-driver, as it likes", version: undefined, agreed: 4, start: nodeDriver },
  { name: "Python cassandra-driver, version 3", version: 3, agreed: 3, start: python(false) },
  { name: "Python cassandra-driver, version 4", version: 4, agreed: 4, start: python(false) },
  // It begins with version 5.
  { name: "Python cassandra-driver, as it likes", version: undefined, agreed: 4, start: python(false) },
  // And wants to compress.
  { name: "Python cassandra-driver with lz4, as it likes", version: undefined, agreed: 4, start: python(true) },
];
