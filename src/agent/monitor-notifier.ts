import type { AgentEvent } from "../api/monitor-event.ts";

/** Takes what the agent tells of itself: the monitor shows it between the records. Must not throw. */
export interface AgentNotifier {
  notify(event: AgentEvent): void;
}
