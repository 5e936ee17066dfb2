import { fileURLToPath } from "node:url";
import { NODE_PIPE, startNodePipe, startWeir } from "../proxy/candidate.ts";
import { CQL_LARGE, cqlModeName, FIFTY_CONNECTIONS, LARGE_VALUES, MODES, type Mode } from "../proxy/mode.ts";
import type { CandidateStart, Group } from "../proxy/suite.ts";

const EXTENSION = {
  name: "get-and-set",
  module: fileURLToPath(import.meta.resolve("../extension/get-and-set.ts")),
};

/** In the agent's own process: what the others are compared with. */
export const WITHOUT_HOSTS = hostsName(0);
export const EXTENSION_INSIDE = "extension inside, hosts: 0";
export const EXTENSION_OUTSIDE = "extension host, hosts: 1";

export function hostsName(hosts: number): string {
  return `weir, hosts: ${hosts}`;
}

/** The shape of load under a name of its own: a third-party extension judges in place of what ships with weir. */
export function extensionModeName(mode: string): string {
  return `Extension: ${mode}`;
}

export const THIRTY_TWO_IN_FLIGHT = "50 connections, 32 in flight";

const pipe: CandidateStart = { name: NODE_PIPE, start: startNodePipe };

const topologies: readonly CandidateStart[] = [0, 1, 2].map((hosts): CandidateStart => {
  const name = hostsName(hosts);
  return { name, start: (place) => startWeir(place, { name, l7: true, hosts }) };
});

const extensionPlaces: readonly CandidateStart[] = (
  [
    [EXTENSION_INSIDE, 0],
    [EXTENSION_OUTSIDE, 1],
  ] as const
).map(
  ([name, hosts]): CandidateStart => ({
    name,
    start: (place) => startWeir(place, { name, l7: true, hosts, extension: EXTENSION }),
  }),
);

function modesNamed(...names: readonly string[]): readonly Mode[] {
  return names.map((name) => {
    const mode = MODES.find((one) => one.name === name);
    if (mode === undefined) throw new Error(`there is no mode "${name}"`);
    return mode;
  });
}

/** weir in one process and in several, and one extension inside and outside of weir's own process. */
export const HOSTS_GROUPS: readonly Group[] = [
  {
    title: "memcached, topologies",
    protocol: "memcached",
    modes: modesNamed(FIFTY_CONNECTIONS, LARGE_VALUES),
    candidates: [pipe, ...topologies],
    direct: false,
  },
  {
    title: "CQL, topologies",
    protocol: "cql",
    modes: modesNamed(cqlModeName("QUERY", 50), cqlModeName("EXECUTE", 50), CQL_LARGE),
    candidates: [pipe, ...topologies],
    direct: false,
  },
  {
    title: "a third-party extension",
    protocol: "memcached",
    modes: modesNamed(FIFTY_CONNECTIONS, THIRTY_TWO_IN_FLIGHT, LARGE_VALUES).map((mode) => ({
      ...mode,
      name: extensionModeName(mode.name),
    })),
    candidates: [pipe, ...extensionPlaces],
    direct: false,
  },
];
