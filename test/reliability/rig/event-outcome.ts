import type { ConnectionRow } from "../client/client-connection.ts";
import type { Loss, Scene } from "../events/event.ts";
import type { ProtocolName } from "../load/protocol.ts";

/** What one event did to the traffic. */
export interface EventOutcome {
  readonly event: string;
  readonly loss: Loss;
  readonly broken: number;
  readonly refused: number;
  /** Requests without an answer. */
  readonly lost: number;
  readonly stallMs: number;
  readonly tookMs: number;
  /** Connections that should not have ended so. */
  readonly problems: readonly string[];
}

export interface EventEvidence {
  readonly event: string;
  readonly loss: Loss;
  readonly scene: Scene;
  /** How many connections had ended before. */
  readonly before: ReadonlyMap<ProtocolName, number>;
  readonly stallMs: number;
  readonly tookMs: number;
}

/** Looks at all connections that ended since the event began. */
export function judgeEvent({ event, loss, scene, before, stallMs, tookMs }: EventEvidence): EventOutcome {
  const problems: string[] = [];
  let broken = 0;
  let refused = 0;
  let lost = 0;
  for (const [protocol, { clients }] of scene.protocols) {
    for (const row of clients.rows.slice(before.get(protocol))) {
      if (row.end === "broken") broken++;
      if (row.end === "refused") refused++;
      if (row.end === "broken") lost += row.begun - row.answered;
      if (!isAllowed(loss, protocol, row)) problems.push(`${protocol}: ${JSON.stringify(row)}`);
    }
  }
  return { event, loss, broken, refused, lost, stallMs, tookMs, problems };
}

function isAllowed(loss: Loss, protocol: ProtocolName, row: ConnectionRow): boolean {
  switch (row.end) {
    case "finished":
    case "cut":
      return true;
    case "broken":
      return loss.mayBreak(protocol, row);
    case "refused":
      return loss.mayRefuse(protocol);
    case "wrong":
      return false;
  }
}
