import type { RuleOrigin } from "../api/rule-origin.ts";
import type { RingEvent } from "../monitor/event-ring.ts";
import type { ConnectionInfo, LogFields, Peer } from "../proxylib/connection.ts";
import { GenerationCache } from "./generation-cache.ts";
import { jsonText } from "./json-text.ts";
import { TimeText } from "./time-text.ts";

/** Connections and rules whose constant part of a line is kept, in each of two generations. */
const CONNECTIONS_KEPT = 4_096;
const ORIGINS_KEPT = 4_096;

/**
 * Renders events as lines of the access log: `AccessLogRecord` as JSON, in ASCII. What is the same for all records of a
 * connection or of a rule is rendered once.
 */
export class LineRenderer {
  private readonly time = new TimeText();
  private readonly connections = new GenerationCache<ConnectionInfo, string>(CONNECTIONS_KEPT);
  private readonly origins = new GenerationCache<RuleOrigin, string>(ORIGINS_KEPT);

  /** One line with its `\n`. */
  render(event: RingEvent): string {
    const { timeMs, type, verdict, connection, origin, fields } = event;
    const head = `{"time":"${this.time.of(timeMs)}","type":"${type}","verdict":"${verdict}",`;
    const rule = origin === undefined ? "" : this.rule(origin);
    return `${head}${this.sides(connection)}${rule},"fields":{${renderFields(fields)}}}\n`;
  }

  private sides(connection: ConnectionInfo): string {
    let text = this.connections.get(connection);
    if (text === undefined) {
      const direction = connection.ingress ? "ingress" : "egress";
      const sides = `"source":${renderPeer(connection.source)},"destination":${renderPeer(connection.destination)}`;
      text = `"proto":${jsonText(connection.proto)},"direction":"${direction}",${sides}`;
      this.connections.set(connection, text);
    }
    return text;
  }

  private rule(origin: RuleOrigin): string {
    let text = this.origins.get(origin);
    if (text === undefined) {
      text = `,"policy":${jsonText(origin.policy)},"rule":${jsonText(origin.rule)}`;
      this.origins.set(origin, text);
    }
    return text;
  }
}

function renderPeer(peer: Peer): string {
  const labels = peer.labels.map(jsonText).join(",");
  const endpoint = peer.endpoint === undefined ? "" : `,"endpoint":${jsonText(peer.endpoint)}`;
  return `{"identity":${peer.identity},"labels":[${labels}],"address":${jsonText(peer.address)}${endpoint}}`;
}

function renderFields(fields: LogFields): string {
  let text = "";
  for (const name in fields) {
    // Extensions may be plain JavaScript: whatever they give is shown as text.
    const field = `${jsonText(name)}:${jsonText(String(fields[name]))}`;
    text = text === "" ? field : `${text},${field}`;
  }
  return text;
}
