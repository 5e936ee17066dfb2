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
  readonly type: RecordType;
  readonly verdict: RecordVerdict;
  count: number;
}

/**
 * Counts records on their way to where they are kept. Protocols are the names of loaded extensions and there are few
 * types and verdicts, so the number of counters is bounded; counting one record is a look-up and a short search.
 */
export class RecordCounter implements RecordSink {
  private readonly next: RecordSink;
  private readonly byProto = new Map<string, Counter[]>();

  constructor(next: RecordSink) {
    this.next = next;
  }

  record(
    connection: ConnectionInfo,
    type: RecordType,
    verdict: RecordVerdict,
    origin: RuleOrigin | undefined,
    fields: LogFields,
  ): void {
    this.counter(connection.proto, type, verdict).count++;
    this.next.record(connection, type, verdict, origin, fields);
  }

  counts(): readonly RecordCount[] {
    const counts: RecordCount[] = [];
    for (const [proto, counters] of this.byProto) {
      for (const { type, verdict, count } of counters) counts.push({ proto, type, verdict, count });
    }
    return counts;
  }

  private counter(proto: string, type: RecordType, verdict: RecordVerdict): Counter {
    let counters = this.byProto.get(proto);
    if (counters === undefined) {
      counters = [];
      this.byProto.set(proto, counters);
    }
    for (const counter of counters) {
      if (counter.type === type && counter.verdict === verdict) return counter;
    }
    const counter: Counter = { type, verdict, count: 0 };
    counters.push(counter);
    return counter;
  }
}
