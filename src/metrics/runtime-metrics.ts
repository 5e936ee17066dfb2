import { readdir, readFile } from "node:fs/promises";
import type { EventLoopLagMonitor } from "./event-loop-lag.ts";
import type { MetricRegistry } from "./metric-registry.ts";

export interface BuildNumbers {
  readonly version: string;
  readonly startedAtMs: number;
  readonly lag: EventLoopLagMonitor;
}

const LAG_WORDS = {
  mean: "mean",
  p50: "median",
  p90: "90th percentile",
  p99: "99th percentile",
  max: "maximum",
} as const;

/**
 * What the process costs, under the names that every Prometheus client has for it (`process_…`, `nodejs_…`), so that
 * ready-made dashboards work. Our own instead of the client library's: those also list every open handle at each scrape.
 */
export function addRuntimeMetrics(registry: MetricRegistry, { version, startedAtMs, lag }: BuildNumbers): void {
  registry.gauge({ name: "weir_build_info", help: "The version of weir; always 1.", labels: { version: 1 } }, (emit) =>
    emit(1, { version }),
  );
  registry.gauge(
    { name: "nodejs_version_info", help: "The version of Node.js; always 1.", labels: { version: 1 } },
    (emit) => emit(1, { version: process.version }),
  );
  addCpu(registry, startedAtMs);
  addMemory(registry);
  addFileDescriptors(registry);
  for (const which of ["mean", "p50", "p90", "p99", "max"] as const) {
    const help = `Lag of the event loop between the last two readings at least 5 s apart: ${LAG_WORDS[which]}.`;
    registry.gauge({ name: `nodejs_eventloop_lag_${which}_seconds`, help }, (emit) => emit(lag.read()[which]));
  }
}

function addCpu(registry: MetricRegistry, startedAtMs: number): void {
  registry.gauge({ name: "process_start_time_seconds", help: "Start of the process since the epoch." }, (emit) =>
    emit(startedAtMs / 1e3),
  );
  registry.counter({ name: "process_cpu_user_seconds_total", help: "CPU time in user mode." }, (emit) =>
    emit(process.cpuUsage().user / 1e6),
  );
  registry.counter({ name: "process_cpu_system_seconds_total", help: "CPU time in the kernel." }, (emit) =>
    emit(process.cpuUsage().system / 1e6),
  );
  registry.counter({ name: "process_cpu_seconds_total", help: "CPU time, user and kernel." }, (emit) => {
    const { user, system } = process.cpuUsage();
    emit((user + system) / 1e6);
  });
  registry.counter(
    {
      name: "nodejs_eventloop_active_seconds_total",
      help: "Time in which the event loop was at work; its rate is the share of one core that is in use.",
    },
    (emit) => emit(performance.eventLoopUtilization().active / 1e3),
  );
}

function addMemory(registry: MetricRegistry): void {
  registry.gauge({ name: "process_resident_memory_bytes", help: "Resident memory." }, (emit) =>
    emit(process.memoryUsage.rss()),
  );
  registry.gauge({ name: "nodejs_heap_size_total_bytes", help: "Size of the JavaScript heap." }, (emit) =>
    emit(process.memoryUsage().heapTotal),
  );
  registry.gauge({ name: "nodejs_heap_size_used_bytes", help: "Used part of the JavaScript heap." }, (emit) =>
    emit(process.memoryUsage().heapUsed),
  );
  registry.gauge({ name: "nodejs_external_memory_bytes", help: "Memory of buffers outside of the heap." }, (emit) =>
    emit(process.memoryUsage().external),
  );
}

function addFileDescriptors(registry: MetricRegistry): void {
  registry.gauge({ name: "process_open_fds", help: "Open file descriptors, sockets included." }, async (emit) => {
    // Without the one that lists them.
    emit((await readdir("/proc/self/fd")).length - 1);
  });
  registry.gauge({ name: "process_max_fds", help: "File descriptors that the process may open." }, async (emit) => {
    const [, soft = ""] = /^Max open files\s+(\S+)/m.exec(await readFile("/proc/self/limits", "utf8")) ?? [];
    emit(soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft));
  });
}
