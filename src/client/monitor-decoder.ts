import { BinaryReader, type WireType } from "@bufbuild/protobuf/wire";
import type { AccessLogRecord, RecordPeer, RecordType, RecordVerdict } from "../api/access-log-record.ts";
import type { NumericIdentity } from "../api/identity.ts";
import type { AgentItem, AgentMessage, MonitorItem } from "../api/monitor-event.ts";
import { DIRECTIONS, EFFECTS, RECORD_TYPES, VERDICTS } from "../api/monitor-protocol.ts";
import { decodeText } from "../lib/bytes/text.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** What the sub-messages of a record hold, as they come. */
type RecordParts = Partial<Mutable<AccessLogRecord>>;

/** Messages that come again and again, and are decoded once. */
const PARTS_KEPT = 4_096;

/** Reads `Event` messages of proto/weir/monitor/v1/monitor.proto. */
export class EventDecoder {
  /** By their bytes. Records of one connection, and of one rule, have the same ones. */
  private readonly parts = new Map<string, RecordParts>();

  /**
   * The item that JSON lines would give. undefined: a kind that only later versions know. Throws where the bytes are no
   * such message.
   */
  decode(bytes: Uint8Array): MonitorItem | undefined {
    let timeMs = 0;
    let record: RecordParts | undefined;
    let agent: Omit<AgentItem, "time"> | undefined;
    let lost: number | undefined;
    eachField(bytes, (reader, field) => {
      if (field === 1) timeMs = Number(reader.uint64());
      else if (field === 2) record = this.record(reader.bytes());
      else if (field === 3) agent = decodeAgent(reader.bytes());
      else if (field === 4) lost = decodeLost(reader.bytes());
      else return false;
      return true;
    });
    if (lost !== undefined) return { lost };
    if (record !== undefined) return assemble(isoTime(timeMs), record);
    return agent === undefined ? undefined : { time: isoTime(timeMs), ...agent };
  }

  private record(bytes: Uint8Array): RecordParts {
    const record: RecordParts = {};
    const fields: Record<string, string> = {};
    eachField(bytes, (reader, field) => {
      if (field === 1) record.type = named<RecordType>(RECORD_TYPES, reader.uint32());
      else if (field === 2) record.verdict = named<RecordVerdict>(VERDICTS, reader.uint32());
      else if (field === 3) Object.assign(record, this.once("connection", reader.bytes(), decodeConnection));
      else if (field === 4) Object.assign(record, this.once("rule", reader.bytes(), decodeRule));
      else if (field === 5) decodeField(reader.bytes(), fields);
      else return false;
      return true;
    });
    record.fields = fields;
    return record;
  }

  private once(kind: string, bytes: Uint8Array, decode: (bytes: Uint8Array) => RecordParts): RecordParts {
    const key = kind + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    let parts = this.parts.get(key);
    if (parts === undefined) {
      parts = decode(bytes);
      if (this.parts.size >= PARTS_KEPT) this.parts.clear();
      this.parts.set(key, parts);
    }
    return parts;
  }
}

/** Gives each field of a message to `take`, which reads it or gives false: then it is left out. */
function eachField(bytes: Uint8Array, take: (reader: BinaryReader, field: number) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type]: [number, WireType] = reader.tag();
    if (!take(reader, field)) reader.skip(type, field);
  }
}

/** With the members in the order of the access log. What the message leaves out has the value that absence means. */
function assemble(time: string, parts: RecordParts): AccessLogRecord {
  return {
    time,
    type: parts.type ?? named(RECORD_TYPES, 0),
    verdict: parts.verdict ?? named(VERDICTS, 0),
    proto: parts.proto ?? "",
    direction: parts.direction ?? named(DIRECTIONS, 0),
    source: parts.source ?? NOBODY,
    destination: parts.destination ?? NOBODY,
    ...(parts.policy === undefined ? {} : { policy: parts.policy }),
    ...(parts.rule === undefined ? {} : { rule: parts.rule }),
    ...(parts.effect === undefined ? {} : { effect: parts.effect }),
    fields: parts.fields ?? {},
  };
}

const NOBODY: RecordPeer = { identity: 0 as NumericIdentity, labels: [], address: "" };

function decodeConnection(bytes: Uint8Array): RecordParts {
  const record: RecordParts = {};
  eachField(bytes, (reader, field) => {
    if (field === 1) record.proto = reader.string();
    else if (field === 2) record.direction = named<AccessLogRecord["direction"]>(DIRECTIONS, reader.uint32());
    else if (field === 3) record.source = decodePeer(reader.bytes());
    else if (field === 4) record.destination = decodePeer(reader.bytes());
    else return false;
    return true;
  });
  return record;
}

function decodePeer(bytes: Uint8Array): RecordPeer {
  const labels: string[] = [];
  const peer: Mutable<RecordPeer> = { identity: NOBODY.identity, labels, address: "" };
  eachField(bytes, (reader, field) => {
    if (field === 1) peer.identity = reader.uint32() as NumericIdentity;
    else if (field === 2) labels.push(reader.string());
    else if (field === 3) peer.address = reader.string();
    else if (field === 4) peer.endpoint = reader.string();
    else return false;
    return true;
  });
  return peer;
}

function decodeRule(bytes: Uint8Array): RecordParts {
  const record: RecordParts = { policy: "", rule: "" };
  eachField(bytes, (reader, field) => {
    if (field === 1) record.policy = reader.string();
    else if (field === 2) record.rule = reader.string();
    else if (field === 3) {
      const effect = EFFECTS[reader.uint32()];
      if (effect !== undefined) record.effect = effect;
    } else return false;
    return true;
  });
  return record;
}

function decodeField(bytes: Uint8Array, fields: Record<string, string>): void {
  let name = "";
  let value = "";
  eachField(bytes, (reader, field) => {
    if (field === 1) name = reader.string();
    else if (field === 2) value = textOf(reader.bytes());
    else return false;
    return true;
  });
  // As JSON does it: a name like `__proto__` is a name.
  Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
}

function decodeAgent(bytes: Uint8Array): Omit<AgentItem, "time"> {
  let subtype = "";
  const message: Mutable<AgentMessage> = {};
  const settings: Record<string, string> = {};
  eachField(bytes, (reader, field) => {
    if (field === 1) subtype = reader.string();
    else if (field === 2) message.version = reader.string();
    else if (field === 3) message.endpoint = reader.string();
    else if (field === 4) message.identity = reader.uint32();
    else if (field === 5) message.labels = [...(message.labels ?? []), reader.string()];
    else if (field === 6) message.policies = [...(message.policies ?? []), reader.string()];
    else if (field === 7) message.revision = Number(reader.uint64());
    else if (field === 8) message.ruleCount = Number(reader.uint64());
    else if (field === 9) message.listeners = [...(message.listeners ?? []), reader.string()];
    else if (field === 10) {
      decodeField(reader.bytes(), settings);
      message.settings = settings;
    } else if (field === 11) message.error = reader.string();
    else if (field === 12) message.host = reader.uint32();
    else if (field === 13) message.pid = reader.uint32();
    else if (field === 14) message.extensions = [...(message.extensions ?? []), reader.string()];
    else if (field === 15) message.connections = Number(reader.uint64());
    else if (field === 16) message.recordsLost = Number(reader.uint64());
    else return false;
    return true;
  });
  return { type: "agent", subtype, message };
}

function decodeLost(bytes: Uint8Array): number {
  let lost = 0;
  eachField(bytes, (reader, field) => {
    if (field !== 1) return false;
    lost = Number(reader.uint64());
    return true;
  });
  return lost;
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** What a later version may have added has no name here. */
function named<T extends string>(names: readonly string[], number: number): T {
  return (names[number] || `unknown-${number}`) as T;
}

function textOf(bytes: Uint8Array): string {
  return decodeText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
