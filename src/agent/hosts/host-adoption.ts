import type { HostSelfReport } from "../../api/host-report.ts";
import { HOST_PROTOCOL_VERSION } from "../../host/bootstrap.ts";
import { reasonOf, WeirError } from "../../lib/error.ts";
import type { HostEnds } from "./host-ends.ts";
import type { HostProcesses } from "./host-process.ts";
import type { HostTable } from "./host-table.ts";
import type { HostEntry, HostsFile } from "./hosts-file.ts";
import { SupervisedHost } from "./supervised-host.ts";
import type { SupervisorClock } from "./supervisor-clock.ts";

export interface HostAdoptionOptions {
  /** Of the hosts that this agent would start. */
  readonly configKey: string;
  readonly processes: HostProcesses;
  readonly table: HostTable;
  readonly file: HostsFile;
  readonly ends: HostEnds;
  readonly clock: SupervisorClock;
  /** One that lives. */
  readonly onFound: (host: SupervisedHost) => void;
}

/** Takes over the hosts that an agent before this one has left behind. What it must know of them is in `hosts.json`. */
export class HostAdoption {
  private readonly options: HostAdoptionOptions;

  constructor(options: HostAdoptionOptions) {
    this.options = options;
  }

  /**
   * Finds them. Throws WEIR_CONFIG_INVALID where that cannot be done: hosts that nobody knows of would go on under old
   * policy.
   */
  async findAll(): Promise<void> {
    const { file } = this.options;
    let entries: readonly HostEntry[];
    try {
      entries = await file.load();
    } catch (error) {
      throw new WeirError(
        "WEIR_CONFIG_INVALID",
        `${file.path} cannot be read: ${reasonOf(error)}; end the host processes that are left (docs/operations.md tells how), then remove it`,
        { cause: error },
      );
    }
    for (const entry of entries) this.find(entry);
  }

  /**
   * Whether one that has told of itself for the first time may stay. The file and what it says itself must agree; and where
   * an extension was edited and put back, a process that was started in between does not run what it was started to.
   */
  suits({ version, configKey, extensionHosts }: HostSelfReport): boolean {
    const isSame = version === HOST_PROTOCOL_VERSION && configKey === this.options.configKey;
    return isSame && extensionHosts.every(({ changed }) => !changed);
  }

  private find(entry: HostEntry): void {
    const { configKey, processes, table, ends, clock, onFound } = this.options;
    const process = processes.find(entry.pid, entry.start);
    if (process === undefined) {
      ends.tell(entry, { reason: "ended while no agent ran", expected: false, report: undefined }, true);
      return;
    }
    const host = new SupervisedHost(entry, process, true, clock.monotonicMs());
    onFound(host);
    const slot = table.slotOf(host);
    const same = !host.foreign && entry.configKey === configKey;
    if (same && slot !== undefined && slot.host === undefined) slot.host = host;
  }
}
