import type { HostReport, StatusReport } from "../../../src/api/rest.ts";
import type { ProtocolName } from "../load/protocol.ts";
import { listenPortOf } from "../rig/agent.ts";
import { acceptedBy } from "../rig/process-table.ts";
import type { Loss, Scene } from "./event.ts";

/** What the agent has not acknowledged after so long would be there only if the agent itself were late. */
const SPOOLED_MS = 3_000;

/** Where weir listens for each protocol. */
export function portsOf(scene: Scene, status: StatusReport): ReadonlyMap<ProtocolName, number> {
  return new Map([...scene.protocols.keys()].map((name) => [name, listenPortOf(status, name)]));
}

/** Ends a built-in host. The connections that it has at this moment may be lost, and no others. */
export function takeDown(
  scene: Scene,
  host: HostReport,
  ports: ReadonlyMap<ProtocolName, number>,
  signal: NodeJS.Signals,
): Loss {
  const lookedAt = Date.now();
  const accepted = new Map([...ports].map(([name, port]) => [name, acceptedBy(host.pid, port)]));
  process.kill(host.pid, signal);
  const endedAt = Date.now();
  const count = [...accepted.values()].reduce((sum, { own }) => sum + own.size, 0);
  scene.say(`${signal} to host ${host.index}, process ${host.pid}, with ${count} connections`);
  return {
    mayBreak(protocol, row) {
      const { own, pending } = accepted.get(protocol) ?? { own: new Set(), pending: new Set() };
      // One that was opened while we looked may be its own, too.
      const during = row.openedAt >= lookedAt - 50;
      return own.has(row.localPort) || pending.has(row.localPort) || during;
    },
    mayRefuse: () => true,
    ...(signal === "SIGKILL" ? { recordsGone: { from: endedAt - SPOOLED_MS, to: endedAt } } : {}),
  };
}
