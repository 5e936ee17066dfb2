import type { Logger } from "../../lib/log.ts";
import type { AgentNotifier } from "../monitor-notifier.ts";
import type { RecordReceiver } from "../records/record-receiver.ts";
import type { HostEvents } from "./host-events.ts";

/** Tells the monitor, the access log and the log what becomes of hosts and of the processes of extensions. */
export function announceHosts(
  notifier: AgentNotifier,
  records: Pick<RecordReceiver, "hostEnded">,
  logger: Logger,
): HostEvents {
  return {
    onStarted({ index, pid }) {
      logger.info({ host: index, pid }, "a host is started");
      notifier.notify({ subtype: "Host started", message: { host: index, pid } });
    },
    onAdopted({ index, pid }) {
      logger.info({ host: index, pid }, "a host that an agent before this one has started serves on");
      notifier.notify({ subtype: "Host adopted", message: { host: index, pid } });
    },
    onExtensionHost({ index }, event) {
      const { extensions } = event;
      if (event.event === "started") {
        const message = { host: index, pid: event.pid, extensions };
        notifier.notify({ subtype: "Extension host started", message });
        return;
      }
      const { pid, reason } = event.end;
      logger.warn({ host: index, pid, extensions, reason }, "the process of an extension has ended");
      notifier.notify({ subtype: "Extension host ended", message: { host: index, pid, extensions, error: reason } });
    },
    async onEnded(end) {
      const { index, pid, reason, connections, expected } = end;
      const recordsLost = await records.hostEnded(end);
      const about = { host: index, pid, connections, recordsLost };
      if (expected) logger.info({ ...about, reason }, "a host has ended");
      else logger.error({ ...about, reason }, "a host has ended that nobody told to");
      notifier.notify({ subtype: "Host ended", message: { ...about, error: reason } });
      return recordsLost;
    },
  };
}
