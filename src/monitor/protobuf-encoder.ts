import type { RecordType, RecordVerdict } from "../api/access-log-record.ts";
import type { AgentEvent } from "../api/monitor-event.ts";
import { DIRECTIONS, EFFECTS, EVENT_BYTES_MAX, RECORD_TYPES, VERDICTS } from "../api/monitor-protocol.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import { GenerationCache } from "../lib/generation-cache.ts";
import type { LogFields, Peer } from "../proxylib/connection.ts";
import type { RecordedConnection } from "../proxylib/record-sink.ts";
import type { EventEncoder } from "./event-encoder.ts";
import type { RingEvent, RingRecord } from "./event-ring.ts";
import { ProtobufBuffer, varintLength } from "./protobuf-buffer.ts";

/** Connections, rules and names of fields whose bytes are kept, in each of two generations. */
const PARTS_KEPT = 4_096;
/** Where memory that one long event has taken is given back. */
const AREA_KEPT_BYTES = 1_048_576;
/** Where the bytes of one part begin: few are longer. */
const SMALL_BYTES = 256;
/** `record` of an Event, `fields` of a Record: messages. */
const RECORD_TAG = (2 << 3) | 2;
const FIELD_TAG = (5 << 3) | 2;
const NO_RULE = new Uint8Array(0);

/**
 * Frames of proto/weir/monitor/v1/monitor.proto: `Event` messages behind their lengths. What is the same for all records
 * of a millisecond, of a connection or of a rule is encoded once.
 */
export class ProtobufEncoder implements EventEncoder {
  private frames = new ProtobufBuffer();
  private readonly heads = new Map<RecordVerdict, Map<RecordType, Uint8Array>>();
  private readonly connections = new GenerationCache<RecordedConnection, Uint8Array>(PARTS_KEPT);
  private readonly rules = new GenerationCache<RuleOrigin, Uint8Array>(PARTS_KEPT);
  private readonly names = new GenerationCache<string, Uint8Array>(PARTS_KEPT);
  private time: Uint8Array = NO_RULE;
  private timeMs = Number.NaN;

  get byteCount(): number {
    return this.frames.length;
  }

  add(event: RingEvent): boolean {
    const { frames } = this;
    const start = frames.length;
    try {
      if (event.agent === undefined) this.addRecord(event);
      else this.addAgentEvent(event.timeMs, event.agent);
    } catch {
      // An extension in plain JavaScript may give anything as fields: also what cannot be made text.
      frames.length = start;
      return false;
    }
    if (frames.length - start <= EVENT_BYTES_MAX) return true;
    frames.length = start;
    return false;
  }

  addLost(count: number): void {
    const lost = bytesOf((buffer) => buffer.addNumber(1, count));
    this.frames.addVarint(1 + varintLength(lost.length) + lost.length);
    this.frames.addField(4, lost);
  }

  take(): Buffer {
    const taken = Buffer.from(this.frames.bytes);
    if (taken.length > AREA_KEPT_BYTES) this.frames = new ProtobufBuffer();
    this.frames.length = 0;
    return taken;
  }

  private addRecord(record: RingRecord): void {
    const { frames } = this;
    const { fields } = record;
    const start = frames.length;
    const asciiLength = this.asciiLength(fields);
    if (asciiLength >= 0) {
      this.beginRecord(record, asciiLength);
      if (this.addAsciiFields(fields)) return;
      frames.length = start;
    }
    const bytes = this.fieldBytes(fields);
    this.beginRecord(record, bytes.length);
    frames.addBytes(bytes);
  }

  /** All but the fields, which follow. */
  private beginRecord({ timeMs, type, verdict, connection, origin }: RingRecord, fieldsLength: number): void {
    const { frames } = this;
    const time = this.timeOf(timeMs);
    const head = this.head(type, verdict);
    const sides = this.connection(connection);
    const rule = origin === undefined ? NO_RULE : this.rule(origin);
    const recordLength = head.length + sides.length + rule.length + fieldsLength;
    frames.addVarint(time.length + 1 + varintLength(recordLength) + recordLength);
    frames.addBytes(time);
    frames.addByte(RECORD_TAG);
    frames.addVarint(recordLength);
    frames.addBytes(head);
    frames.addBytes(sides);
    frames.addBytes(rule);
  }

  /** Bytes that the fields take if all their text is ASCII; -1 where some value is no text. */
  private asciiLength(fields: LogFields): number {
    let length = 0;
    for (const name in fields) {
      const value: unknown = fields[name];
      if (typeof value !== "string") return -1;
      const fieldLength = this.nameOf(name).length + 1 + varintLength(value.length) + value.length;
      length += 1 + varintLength(fieldLength) + fieldLength;
    }
    return length;
  }

  private addAsciiFields(fields: LogFields): boolean {
    const { frames } = this;
    for (const name in fields) {
      const value = fields[name] as string;
      const key = this.nameOf(name);
      frames.addByte(FIELD_TAG);
      frames.addVarint(key.length + 1 + varintLength(value.length) + value.length);
      frames.addBytes(key);
      if (!frames.addAscii(2, value)) return false;
    }
    return true;
  }

  /** The same for any text. */
  private fieldBytes(fields: LogFields): Uint8Array {
    return bytesOf((buffer) => {
      for (const name in fields) {
        const value: unknown = fields[name];
        const field = bytesOf((inner) => {
          inner.addBytes(this.nameOf(name));
          // Extensions may be plain JavaScript: whatever they give is shown as text.
          inner.addRawText(2, typeof value === "string" ? value : String(value));
        });
        buffer.addField(5, field);
      }
    });
  }

  private addAgentEvent(timeMs: number, event: AgentEvent): void {
    const { frames } = this;
    const agent = bytesOf((buffer) => addAgent(event, buffer));
    const time = this.timeOf(timeMs);
    frames.addVarint(time.length + 1 + varintLength(agent.length) + agent.length);
    frames.addBytes(time);
    frames.addField(3, agent);
  }

  private timeOf(timeMs: number): Uint8Array {
    if (timeMs === this.timeMs) return this.time;
    this.timeMs = timeMs;
    this.time = bytesOf((buffer) => buffer.addNumber(1, Math.max(0, Math.floor(timeMs))));
    return this.time;
  }

  private head(type: RecordType, verdict: RecordVerdict): Uint8Array {
    let byType = this.heads.get(verdict);
    if (byType === undefined) {
      byType = new Map();
      this.heads.set(verdict, byType);
    }
    let bytes = byType.get(type);
    if (bytes === undefined) {
      bytes = bytesOf((buffer) => {
        buffer.addNumber(1, RECORD_TYPES.indexOf(type));
        buffer.addNumber(2, VERDICTS.indexOf(verdict));
      });
      byType.set(type, bytes);
    }
    return bytes;
  }

  private connection(connection: RecordedConnection): Uint8Array {
    let bytes = this.connections.get(connection);
    if (bytes === undefined) {
      const sides = bytesOf((buffer) => {
        addOptional(buffer, 1, connection.proto);
        buffer.addNumber(2, DIRECTIONS.indexOf(connection.ingress ? "ingress" : "egress"));
        buffer.addField(3, peerBytes(connection.source));
        buffer.addField(4, peerBytes(connection.destination));
      });
      bytes = bytesOf((buffer) => buffer.addField(3, sides));
      this.connections.set(connection, bytes);
    }
    return bytes;
  }

  private rule(origin: RuleOrigin): Uint8Array {
    let bytes = this.rules.get(origin);
    if (bytes === undefined) {
      const rule = bytesOf((buffer) => {
        addOptional(buffer, 1, origin.policy);
        addOptional(buffer, 2, origin.rule);
        buffer.addNumber(3, EFFECTS.indexOf(origin.effect));
      });
      bytes = bytesOf((buffer) => buffer.addField(4, rule));
      this.rules.set(origin, bytes);
    }
    return bytes;
  }

  private nameOf(name: string): Uint8Array {
    let bytes = this.names.get(name);
    if (bytes === undefined) {
      bytes = bytesOf((buffer) => buffer.addField(1, Buffer.from(name)));
      this.names.set(name, bytes);
    }
    return bytes;
  }
}

function peerBytes(peer: Peer): Uint8Array {
  return bytesOf((buffer) => {
    buffer.addNumber(1, peer.identity);
    for (const label of peer.labels) buffer.addField(2, Buffer.from(label));
    addOptional(buffer, 3, peer.address);
    if (peer.endpoint !== undefined) buffer.addField(4, Buffer.from(peer.endpoint));
  });
}

function addAgent({ subtype, message }: AgentEvent, buffer: ProtobufBuffer): void {
  addOptional(buffer, 1, subtype);
  const text = (field: number, value: string | undefined): void => {
    if (value !== undefined) buffer.addField(field, Buffer.from(value));
  };
  const number = (field: number, value: number | undefined): void => {
    if (value === undefined) return;
    buffer.addVarint(field << 3);
    buffer.addVarint(value);
  };
  text(2, message.version);
  text(3, message.endpoint);
  number(4, message.identity);
  for (const label of message.labels ?? []) text(5, label);
  for (const policy of message.policies ?? []) text(6, policy);
  number(7, message.revision);
  number(8, message.ruleCount);
  for (const listener of message.listeners ?? []) text(9, listener);
  for (const [name, value] of Object.entries(message.settings ?? {})) {
    const entry = bytesOf((inner) => {
      inner.addField(1, Buffer.from(name));
      inner.addField(2, Buffer.from(value));
    });
    buffer.addField(10, entry);
  }
  text(11, message.error);
  number(12, message.host);
  number(13, message.pid);
  for (const extension of message.extensions ?? []) text(14, extension);
  number(15, message.connections);
  number(16, message.recordsLost);
}

/** A text of which no text means the same as an empty one. */
function addOptional(buffer: ProtobufBuffer, field: number, text: string): void {
  if (text !== "") buffer.addField(field, Buffer.from(text));
}

/** For what is made once and kept. */
function bytesOf(write: (buffer: ProtobufBuffer) => void): Uint8Array {
  const buffer = new ProtobufBuffer(SMALL_BYTES);
  write(buffer);
  return Uint8Array.from(buffer.bytes);
}
