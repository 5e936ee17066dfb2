import { NODE_PIPE, startHaproxy, startNodePipe, startWeir, WEIR, WEIR_SPLICED } from "./candidate.ts";
import { MODES, type Protocol } from "./mode.ts";
import type { CandidateStart, Group } from "./suite.ts";

const CANDIDATES: readonly CandidateStart[] = [
  { name: NODE_PIPE, start: startNodePipe },
  {
    name: "HAProxy",
    optional: true,
    // Debian puts it where users' PATH does not reach.
    start: (place) => startHaproxy(place, "haproxy").catch(() => startHaproxy(place, "/usr/sbin/haproxy")),
  },
  { name: WEIR, start: (place) => startWeir(place, { name: WEIR, l7: true }) },
  { name: WEIR_SPLICED, start: (place) => startWeir(place, { name: WEIR_SPLICED, l7: false }) },
];

/** weir, as it comes, beside other proxies: one protocol after the other. */
export const PROXY_GROUPS: readonly Group[] = (["memcached", "cql"] as const).map(
  (protocol: Protocol): Group => ({
    title: protocol,
    protocol,
    modes: MODES.filter((mode) => mode.protocol === protocol),
    candidates: CANDIDATES,
    direct: true,
  }),
);
