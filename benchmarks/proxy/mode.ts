/** One shape of load. */
export interface Mode {
  readonly name: string;
  /** A workload of the load generator. */
  readonly workload: "mixed" | "large" | "set1m" | "miss" | "denied";
  readonly connections: number;
  /** Requests that each connection keeps under way. */
  readonly depth: number;
  /** Only weir answers so that the load generator is content. */
  readonly onlyWithPolicy?: boolean;
}

/** `mixed` and `large` are nine gets to one set. */
export const MODES: readonly Mode[] = [
  { name: "50 connections, 1 in flight", workload: "mixed", connections: 50, depth: 1 },
  { name: "1 connection, 1 in flight", workload: "mixed", connections: 1, depth: 1 },
  { name: "50 connections, 32 in flight", workload: "mixed", connections: 50, depth: 32 },
  { name: "100 KiB values, 4 connections", workload: "large", connections: 4, depth: 1 },
  { name: "1 MiB sets, 4 connections", workload: "set1m", connections: 4, depth: 1 },
  { name: "denied requests, 50 connections", workload: "denied", connections: 50, depth: 1, onlyWithPolicy: true },
];
