import type { RecordType, RecordVerdict } from "../api/access-log-record.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import type { ConnectionInfo, LogFields } from "../proxylib/connection.ts";
import type { RecordSink } from "../proxylib/record-sink.ts";

/** How many records of one protocol had which verdict. */
export interface RecordCount {
  readonly proto: string;
  readonly type: RecordType;
  readonly verdict: RecordVerdict;
  readonly count: number;
}

interface Counter {
  count: number;
}

/**
 * Counts records on their way to where they are kept. Protocols are the names of loaded extensions, so the number of
 * counters is bounded; counting one record is three look-ups and no allocation.
 */
export class RecordCounter implements RecordSink {
  private readonly next: RecordSink;
  private readonly byProto = new Map<string, Map<RecordType, Map<RecordVerdict, Counter>>>();

  constructor(next: RecordSink) {
    this.next = next;
  }

  record(
    timeMs: number,
    connection: ConnectionInfo,
    type: RecordType,
    verdict: RecordVerdict,
    origin: RuleOrigin | undefined,
    fields: LogFields,
  ): void {
    const found = this.byProto.get(connection.proto)?.get(type)?.get(verdict);
    if (found === undefined) this.first(connection.proto, type, verdict);
    else found.count++;
    this.next.record(timeMs, connection, type, verdict, origin, fields);
  }

  private first(proto: string, type: RecordType, verdict: RecordVerdict): void {
    const byType = this.byProto.get(proto) ?? new Map<RecordType, Map<RecordVerdict, Counter>>();
    const byVerdict = byType.get(type) ?? new Map<RecordVerdict, Counter>();
    byVerdict.set(verdict, { count: 1 });
    byType.set(type, byVerdict);
    this.byProto.set(proto, byType);
  }

  counts(): readonly RecordCount[] {
    const counts: RecordCount[] = [];
    for (const [proto, byType] of this.byProto) {
      for (const [type, byVerdict] of byType) {
        for (const [verdict, { count }] of byVerdict) counts.push({ proto, type, verdict, count });
      }
    }
    return counts;
  }
}
