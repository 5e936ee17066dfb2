/** What is spoken, and so which server stands at the end. */
export type Protocol = "memcached" | "cql";

/** What the load generator can ask. */
export type Workload =
  | "fill"
  | "get"
  | "mixed"
  | "large"
  | "set1m"
  | "miss"
  | "denied"
  | "cql-query"
  | "cql-execute"
  | "cql-large"
  | "cql-denied";

/** One shape of load. */
export interface Mode {
  readonly name: string;
  readonly protocol: Protocol;
  readonly workload: Workload;
  readonly connections: number;
  /** Requests that each connection keeps under way. */
  readonly depth: number;
  /** Only weir answers so that the load generator is content. */
  readonly onlyWithPolicy?: boolean;
}

type Shape = Omit<Mode, "protocol">;

export const FIFTY_CONNECTIONS = "50 connections, 1 in flight";
export const LARGE_VALUES = "100 KiB values, 4 connections";

/** `mixed` and `large` are nine gets to one set. */
const MEMCACHED: readonly Shape[] = [
  { name: FIFTY_CONNECTIONS, workload: "mixed", connections: 50, depth: 1 },
  { name: "1 connection, 1 in flight", workload: "mixed", connections: 1, depth: 1 },
  { name: "50 connections, 32 in flight", workload: "mixed", connections: 50, depth: 32 },
  { name: LARGE_VALUES, workload: "large", connections: 4, depth: 1 },
  { name: "1 MiB sets, 4 connections", workload: "set1m", connections: 4, depth: 1 },
  { name: "denied requests, 50 connections", workload: "denied", connections: 50, depth: 1, onlyWithPolicy: true },
];

export const CQL_LARGE = "CQL results of 100 KiB, 4 connections";

/** Names of the shapes that targets are set for. */
export function cqlModeName(request: "QUERY" | "EXECUTE", connections: 1 | 50): string {
  return `CQL ${request}, ${connections} ${connections === 1 ? "connection" : "connections"}, 32 in flight`;
}

/** `cql-query` and `cql-execute` are nine selects to one insert; `cql-large` selects alone. */
const CQL: readonly Shape[] = [
  { name: "CQL QUERY, 50 connections, 1 in flight", workload: "cql-query", connections: 50, depth: 1 },
  { name: cqlModeName("QUERY", 1), workload: "cql-query", connections: 1, depth: 32 },
  { name: cqlModeName("QUERY", 50), workload: "cql-query", connections: 50, depth: 32 },
  { name: cqlModeName("EXECUTE", 1), workload: "cql-execute", connections: 1, depth: 32 },
  { name: cqlModeName("EXECUTE", 50), workload: "cql-execute", connections: 50, depth: 32 },
  { name: CQL_LARGE, workload: "cql-large", connections: 4, depth: 1 },
  {
    name: "CQL denied statements, 50 connections",
    workload: "cql-denied",
    connections: 50,
    depth: 1,
    onlyWithPolicy: true,
  },
];

export const MODES: readonly Mode[] = [
  ...MEMCACHED.map((shape): Mode => ({ ...shape, protocol: "memcached" })),
  ...CQL.map((shape): Mode => ({ ...shape, protocol: "cql" })),
];
