import type { HostReport } from "../api/rest.ts";
import type { MetricRegistry } from "./metric-registry.ts";

export interface HostNumbers {
  /** Empty: the agent's own process serves. */
  readonly hosts: readonly Pick<
    HostReport,
    "index" | "pid" | "state" | "connections" | "restarts" | "recordsLost" | "extensionHosts"
  >[];
  /** Batches of records that the agent could not read. */
  readonly refusedBatches: number;
}

/** Hosts that are named one by one; more than anybody starts. Further ones are `other`. */
const HOSTS = 257;
/** Groups of extensions that are named one by one. */
const EXTENSIONS = 65;
const HOST_STATES = ["starting", "running", "silent", "draining", "down"];
const EXTENSION_HOST_STATES = ["starting", "running", "down"];

export function addHostMetrics(registry: MetricRegistry, read: () => HostNumbers): void {
  registry.gauge({ name: "weir_hosts", help: "Host processes, by state.", labels: { state: HOST_STATES } }, (emit) => {
    for (const { state } of read().hosts) emit(1, { state });
  });
  registry.gauge(
    { name: "weir_host_connections", help: "Live connections of each host process.", labels: { host: HOSTS } },
    (emit) => {
      for (const { index, connections } of read().hosts) emit(connections, { host: String(index) });
    },
  );
  registry.counter(
    { name: "weir_host_restarts_total", help: "Host processes that were started in place of one that had ended." },
    (emit) => {
      for (const { restarts } of read().hosts) emit(restarts);
    },
  );
  addRecords(registry, read);
  addExtensionHosts(registry, () => read().hosts);
}

function addRecords(registry: MetricRegistry, read: () => HostNumbers): void {
  let lostMost = 0;
  registry.counter(
    { name: "weir_host_records_lost_total", help: "Records of hosts that never reached the agent." },
    (emit) => {
      const lost = read().hosts.reduce((sum, { recordsLost }) => sum + recordsLost, 0);
      // What a host has told of itself is gone with it, a moment before all that it lost is known.
      lostMost = Math.max(lostMost, lost);
      emit(lostMost);
    },
  );
  registry.counter(
    {
      name: "weir_host_record_batches_refused_total",
      help: "Batches of records of hosts that could not be read; their records count as lost.",
    },
    (emit) => emit(read().refusedBatches),
  );
}

function addExtensionHosts(registry: MetricRegistry, read: () => HostNumbers["hosts"]): void {
  const all = (): HostReport["extensionHosts"] => read().flatMap(({ extensionHosts }) => extensionHosts);
  const labels = { extension: EXTENSIONS };
  registry.gauge(
    {
      name: "weir_extension_hosts",
      help: "Processes that run extensions, by state.",
      labels: { state: EXTENSION_HOST_STATES },
    },
    (emit) => {
      for (const { state } of all()) emit(1, { state });
    },
  );
  registry.gauge(
    {
      name: "weir_extension_hosts_unconfined",
      help: "Processes that run extensions and can reach more than was granted.",
    },
    (emit) => emit(all().filter(({ confined, state }) => state === "running" && !confined).length),
  );
  registry.gauge(
    { name: "weir_extension_host_memory_bytes", help: "Resident memory of the processes that run extensions.", labels },
    (emit) => {
      for (const host of all()) emit(host.memoryBytes, { extension: nameOf(host) });
    },
  );
  const restarts = new ExtensionSums(({ restarts }) => restarts);
  registry.counter(
    {
      name: "weir_extension_host_restarts_total",
      help: "Processes for extensions that were started in place of one that had ended.",
      labels,
    },
    (emit) => {
      for (const [extension, count] of restarts.count(read())) emit(count, { extension });
    },
  );
  const dropped = new ExtensionSums(({ recordsDropped }) => recordsDropped);
  registry.counter(
    {
      name: "weir_extension_host_records_dropped_total",
      help: "Records that were left out because an extension logged more than it may.",
      labels,
    },
    (emit) => {
      for (const [extension, count] of dropped.count(read())) emit(count, { extension });
    },
  );
}

function nameOf({ extensions }: HostReport["extensionHosts"][number]): string {
  return extensions.join(",");
}

/** Adds up what each host counts from its own start: what is told must not go down when a host ends. */
class ExtensionSums {
  private readonly of: (host: HostReport["extensionHosts"][number]) => number;
  private readonly sums = new Map<string, number>();
  /** As the hosts said it when they were asked last. */
  private last: ReadonlyMap<string, number> = new Map();

  constructor(of: (host: HostReport["extensionHosts"][number]) => number) {
    this.of = of;
  }

  count(hosts: HostNumbers["hosts"]): ReadonlyMap<string, number> {
    const now = new Map<string, number>();
    for (const { pid, extensionHosts } of hosts) {
      for (const host of extensionHosts) {
        const extension = nameOf(host);
        const key = `${pid} ${extension}`;
        const more = this.of(host) - (this.last.get(key) ?? 0);
        this.sums.set(extension, (this.sums.get(extension) ?? 0) + Math.max(0, more));
        now.set(key, this.of(host));
      }
    }
    this.last = now;
    return this.sums;
  }
}
