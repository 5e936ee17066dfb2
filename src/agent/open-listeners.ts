import type { Logger } from "../lib/log.ts";
import type { AgentDataPlane } from "./agent-data-plane.ts";
import type { AgentNotifier } from "./monitor-notifier.ts";
import type { PolicyCore } from "./policy/policy-core.ts";

/** Opens the listeners, with the policy that is in force then, and tells the log and the monitors. Throws a WeirError. */
export async function openListeners(
  { endpoints, repository }: PolicyCore,
  dataPlane: AgentDataPlane,
  notifier: AgentNotifier,
  logger: Logger,
): Promise<void> {
  await endpoints.forgetLastGood();
  await dataPlane.start();
  const { revision } = repository;
  const listeners = dataPlane.status().listeners.map(({ listen, endpoint }) => `${listen} (${endpoint})`);
  const failing = endpoints.list().filter(({ failure }) => failure !== undefined).length;
  const what =
    failing === 0
      ? "all policy is in force: listening"
      : `listening, without the newest policy of ${failing} of the endpoints`;
  logger.info({ listeners, revision }, what);
  notifier.notify({ subtype: "Listeners opened", message: { listeners, revision } });
}
