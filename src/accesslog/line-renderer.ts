import type { RecordType, RecordVerdict } from "../api/access-log-record.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import { GenerationCache } from "../lib/generation-cache.ts";
import { jsonText } from "../lib/json-text.ts";
import type { RingRecord } from "../monitor/event-ring.ts";
import type { LogFields, Peer } from "../proxylib/connection.ts";
import type { RecordedConnection } from "../proxylib/record-sink.ts";
import type { LineBuffer } from "./line-buffer.ts";
import { TimeText } from "./time-text.ts";

/** Connections and rules whose constant part of a line is kept, in each of two generations. */
const CONNECTIONS_KEPT = 4_096;
const ORIGINS_KEPT = 4_096;
const COMMA = 0x2c;
const COLON = 0x3a;

const NO_RULE = ascii(',"fields":{');
const LINE_END = ascii("}}\n");

/**
 * Renders events as lines of the access log: `AccessLogRecord` as JSON, in ASCII. What is the same for all records of a
 * millisecond, of a connection or of a rule is rendered once.
 */
export class LineRenderer {
  private readonly time = new TimeText();
  private readonly heads = new Map<RecordVerdict, Map<RecordType, Uint8Array>>();
  private headsMs = Number.NaN;
  private readonly connections = new GenerationCache<RecordedConnection, Uint8Array>(CONNECTIONS_KEPT);
  private readonly origins = new GenerationCache<RuleOrigin, Uint8Array>(ORIGINS_KEPT);

  /** Adds a line, without ending it by `LineBuffer.endLine`. */
  render(event: RingRecord, line: LineBuffer): void {
    const { origin } = event;
    line.addBytes(this.head(event.timeMs, event.type, event.verdict));
    line.addBytes(this.sides(event.connection));
    line.addBytes(origin === undefined ? NO_RULE : this.rule(origin));
    if (event.source === undefined) addFields(event.fields, line);
    else event.source.addJson(event.at ?? 0, line);
    line.addBytes(LINE_END);
  }

  private head(timeMs: number, type: RecordType, verdict: RecordVerdict): Uint8Array {
    if (timeMs !== this.headsMs) {
      this.heads.clear();
      this.headsMs = timeMs;
    }
    let byType = this.heads.get(verdict);
    if (byType === undefined) {
      byType = new Map();
      this.heads.set(verdict, byType);
    }
    let bytes = byType.get(type);
    if (bytes === undefined) {
      bytes = ascii(`{"time":"${this.time.of(timeMs)}","type":"${type}","verdict":"${verdict}",`);
      byType.set(type, bytes);
    }
    return bytes;
  }

  private sides(connection: RecordedConnection): Uint8Array {
    let bytes = this.connections.get(connection);
    if (bytes === undefined) {
      const direction = connection.ingress ? "ingress" : "egress";
      const sides = `"source":${renderPeer(connection.source)},"destination":${renderPeer(connection.destination)}`;
      bytes = ascii(`"proto":${jsonText(connection.proto)},"direction":"${direction}",${sides}`);
      this.connections.set(connection, bytes);
    }
    return bytes;
  }

  private rule(origin: RuleOrigin): Uint8Array {
    let bytes = this.origins.get(origin);
    if (bytes === undefined) {
      const effect = origin.effect === undefined ? "" : `,"effect":${jsonText(origin.effect)}`;
      bytes = ascii(`,"policy":${jsonText(origin.policy)},"rule":${jsonText(origin.rule)}${effect},"fields":{`);
      this.origins.set(origin, bytes);
    }
    return bytes;
  }
}

function renderPeer(peer: Peer): string {
  const labels = peer.labels.map(jsonText).join(",");
  const endpoint = peer.endpoint === undefined ? "" : `,"endpoint":${jsonText(peer.endpoint)}`;
  return `{"identity":${peer.identity},"labels":[${labels}],"address":${jsonText(peer.address)}${endpoint}}`;
}

function addFields(fields: LogFields, line: LineBuffer): void {
  let first = true;
  for (const name in fields) {
    if (!first) line.addByte(COMMA);
    first = false;
    line.addJsonText(name);
    line.addByte(COLON);
    const value: unknown = fields[name];
    // Extensions may be plain JavaScript: whatever they give is shown as text.
    line.addJsonText(typeof value === "string" ? value : String(value));
  }
}

function ascii(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}
