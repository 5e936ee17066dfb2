import { join } from "node:path";
import { findPythonDrivers } from "../../scripts/ensure-python-drivers.ts";
import { type DriverProcess, startDriver } from "./cassandra-driver.ts";
import { repositoryRoot } from "./repository.ts";

export interface PythonDriverOptions {
  /** Whether the package lz4 is there: the driver then wants to compress. Default: not. */
  readonly lz4?: boolean;
}

/** Python's cassandra-driver, all of whose connections come from an address; undefined where it was not installed. */
export function pythonDriver(from: string, { lz4 = false }: PythonDriverOptions = {}): DriverProcess | undefined {
  const python = findPythonDrivers()?.[lz4 ? "lz4" : "plain"];
  return python === undefined
    ? undefined
    : startDriver(python, [join(repositoryRoot, "test/support/python-client.py")], from);
}
