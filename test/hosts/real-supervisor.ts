import { join } from "node:path";
import type { HostEnd } from "../../src/agent/hosts/host-events.ts";
import { HostSupervisor } from "../../src/agent/hosts/host-supervisor.ts";
import { systemSupervisorClock } from "../../src/agent/hosts/supervisor-clock.ts";
import { SystemHostProcesses } from "../../src/agent/hosts/system-host-processes.ts";
import { type LogLevel, silentLogger } from "../../src/lib/log.ts";
import { AttachServer } from "./attach-server.ts";

export interface RealSupervisorOptions {
  readonly stateDir: string;
  readonly hosts: number;
  readonly detach?: boolean;
  /** Another one makes another configuration. */
  readonly logLevel?: LogLevel;
  /** Time passes so many times faster for the supervisor. */
  readonly haste?: number;
  readonly onEvent: (event: SupervisorEvent) => void;
}

export type SupervisorEvent =
  | { readonly kind: "started" | "adopted"; readonly index: number; readonly pid: number }
  | { readonly kind: "ended"; readonly index: number; readonly pid: number; readonly reason: string }
  /** A host has been heard, or has gone. */
  | { readonly kind: "reports"; readonly reports: readonly ReportedHost[] };

export interface ReportedHost {
  readonly pid: number;
  readonly state: string;
  /** Of the process that it has started itself. */
  readonly child: number;
}

/** A supervisor with real processes, which run `fake-host.ts`. */
export async function startSupervisor(
  options: RealSupervisorOptions,
): Promise<{ readonly supervisor: HostSupervisor; readonly server: AttachServer }> {
  const { stateDir, hosts, detach = false, logLevel = "info", haste = 1, onEvent } = options;
  const extensionLimits = { memoryBytesMax: 1, bufferedBytesMax: 1, connectionsMax: 1, callMs: 1, answerMs: 1 };
  const supervisor = await HostSupervisor.open({
    hosts,
    config: { stateDir, configFile: join(stateDir, "weir.yaml"), extensions: [], extensionLimits, logLevel },
    detach,
    drainMs: () => 10_000,
    processes: new SystemHostProcesses(stateDir, join(import.meta.dirname, "fake-host.ts")),
    events: {
      onStarted: ({ index, pid }) => onEvent({ kind: "started", index, pid }),
      onAdopted: ({ index, pid }) => onEvent({ kind: "adopted", index, pid }),
      onExtensionHost() {},
      async onEnded({ index, pid, reason }: HostEnd) {
        onEvent({ kind: "ended", index, pid, reason });
        return 0;
      },
    },
    clock: {
      now: systemSupervisorClock.now,
      monotonicMs: () => systemSupervisorClock.monotonicMs() * haste,
      after: (delayMs, task) => systemSupervisorClock.after(delayMs / haste, task),
    },
    random: () => 0,
    logger: silentLogger,
  });
  const server = await AttachServer.open(stateDir, supervisor);
  void tellReports(supervisor, onEvent);
  await supervisor.start();
  return { supervisor, server };
}

/** As long as there is somebody to hear of. */
async function tellReports(supervisor: HostSupervisor, onEvent: RealSupervisorOptions["onEvent"]): Promise<never> {
  for (;;) {
    await supervisor.nextReport();
    const reports = supervisor.reports().map(({ pid, state, extensionHosts }) => ({
      pid,
      state,
      child: extensionHosts[0]?.pid ?? 0,
    }));
    onEvent({ kind: "reports", reports });
  }
}
