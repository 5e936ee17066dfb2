import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { AccessLogRecord } from "../../../src/api/access-log-record.ts";
import type { AgentItem } from "../../../src/api/monitor-event.ts";
import type { ProtocolName } from "../load/protocol.ts";
import { PROTOCOLS } from "../load/protocols.ts";

/** Records of one request. */
interface Counted {
  forwarded: number;
  denied: number;
}

/** What an access log says, by connection and request. */
export class RecordCounts {
  /** Lines that are no request of the load: type, verdict and status, with how many there are. */
  readonly others = new Map<string, number>();
  readonly problems: string[] = [];
  /** Lines that are no JSON. */
  readonly torn: string[] = [];
  /** Records that were lost with hosts, as their ends tell. */
  lostWithHosts = 0;
  private readonly counts = new Map<ProtocolName, Map<number, Counted[]>>();

  of(protocol: ProtocolName, connection: number, sequence: number): Readonly<Counted> {
    return this.counts.get(protocol)?.get(connection)?.[sequence] ?? NONE;
  }

  /** Connection and number of requests up to the last one that has a record. */
  connections(protocol: ProtocolName): ReadonlyMap<number, readonly Counted[]> {
    return this.counts.get(protocol) ?? new Map();
  }

  add(line: AccessLogRecord | AgentItem): void {
    if (line.type === "agent") this.lostWithHosts += line.message.recordsLost ?? 0;
    else this.addRecord(line);
  }

  private addRecord(record: AccessLogRecord): void {
    const protocol = BY_PROTO[record.proto];
    const asked = protocol === undefined ? undefined : PROTOCOLS[protocol].recorded(record.fields);
    if (protocol === undefined || asked === undefined || record.verdict === "Error") {
      this.other(record);
      return;
    }
    const counted = this.countedAt(protocol, asked.connection, asked.sequence);
    if (record.type === "Request" && record.verdict === "Forwarded") counted.forwarded++;
    else if (record.type === "Denied" && record.verdict === "Denied") counted.denied++;
    else this.problems.push(`a record that says neither forwarded nor denied: ${JSON.stringify(record)}`);
  }

  private countedAt(protocol: ProtocolName, connection: number, sequence: number): Counted {
    const connections = this.counts.get(protocol) ?? new Map<number, Counted[]>();
    this.counts.set(protocol, connections);
    const requests = connections.get(connection) ?? [];
    connections.set(connection, requests);
    while (requests.length <= sequence) requests.push({ forwarded: 0, denied: 0 });
    return requests[sequence] as Counted;
  }

  private other(record: AccessLogRecord): void {
    const key = `${record.type} ${record.verdict} ${record.proto}: ${record.fields["status"] ?? "-"}`;
    this.others.set(key, (this.others.get(key) ?? 0) + 1);
  }
}

const NONE: Counted = { forwarded: 0, denied: 0 };
const BY_PROTO: Readonly<Record<string, ProtocolName>> = { memcache: "memcached", framed: "framed" };

export async function countRecords(path: string): Promise<RecordCounts> {
  const counts = new RecordCounts();
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  for await (const line of lines) {
    number++;
    try {
      counts.add(JSON.parse(line) as AccessLogRecord | AgentItem);
    } catch {
      counts.torn.push(`line ${number} of the access log is torn: ${line.slice(0, 200)}`);
    }
  }
  return counts;
}
