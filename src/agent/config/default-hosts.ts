import { availableParallelism } from "node:os";

/** More would not help on any machine of today. */
export const HOSTS_MAX = 256;

/** One host process per core: they share nothing, so more would only wait for each other. */
export function defaultHosts(): number {
  return Math.min(availableParallelism(), HOSTS_MAX);
}
