import type { RecordType, RecordVerdict } from "../api/access-log-record.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import type { LogFields } from "../proxylib/connection.ts";
import type { FieldSource, RecordedConnection, RecordSink, TimedRecordSink } from "../proxylib/record-sink.ts";

/** Protocols that are counted by name; far more than anybody loads extensions. Further ones are `other`. */
export const PROTOCOLS_MAX = 64;

const OTHER = "other";

const TYPES: readonly RecordType[] = ["Request", "Denied", "Response", "Connection"];
const VERDICTS: readonly RecordVerdict[] = ["Forwarded", "Denied", "Error", "Audit"];
const DIRECTIONS = 2;
const PLACES = TYPES.length * VERDICTS.length * DIRECTIONS;

/** How many records of one protocol, type and direction had which verdict. */
export interface RecordCount {
  readonly proto: string;
  readonly type: RecordType;
  readonly verdict: RecordVerdict;
  readonly direction: "ingress" | "egress";
  readonly count: number;
}

/**
 * Counts records on their way to where they are kept. Each protocol has one small array with a place for every
 * combination; counting a record finds its place by comparing a few constants, and allocates nothing.
 */
export class RecordCounter implements RecordSink, TimedRecordSink {
  private readonly next: RecordSink & TimedRecordSink;
  private readonly byProto = new Map<string, number[]>();
  private readonly other = newCounts();
  /** Connections take turns, protocols seldom do. */
  private lastProto = OTHER;
  private lastCounts = this.other;

  /** @param protocols Those that are known beforehand: they are counted from 0 instead of from their first record. */
  constructor(next: RecordSink & TimedRecordSink, protocols: Iterable<string> = []) {
    this.next = next;
    for (const proto of protocols) this.countsOf(proto);
  }

  record(
    connection: RecordedConnection,
    type: RecordType,
    verdict: RecordVerdict,
    origin: RuleOrigin | undefined,
    fields: LogFields,
  ): void {
    this.count(connection, type, verdict);
    this.next.record(connection, type, verdict, origin, fields);
  }

  recordAt(
    timeMs: number,
    connection: RecordedConnection,
    type: RecordType,
    verdict: RecordVerdict,
    origin: RuleOrigin | undefined,
    source: FieldSource,
    at: number,
  ): void {
    this.count(connection, type, verdict);
    this.next.recordAt(timeMs, connection, type, verdict, origin, source, at);
  }

  private count(connection: RecordedConnection, type: RecordType, verdict: RecordVerdict): void {
    const { proto } = connection;
    if (proto !== this.lastProto) {
      this.lastCounts = this.countsOf(proto);
      this.lastProto = proto;
    }
    const place = placeOf(indexOf(TYPES, type), indexOf(VERDICTS, verdict), connection.ingress ? 0 : 1);
    // An extension in plain JavaScript may give anything as type: no place is negative then.
    if (place >= 0) (this.lastCounts[place] as number)++;
  }

  /** Of every protocol every combination, those with 0 too. */
  counts(): readonly RecordCount[] {
    const counts = [...this.byProto].flatMap(([proto, numbers]) => list(proto, numbers));
    const others = this.other.some((count) => count > 0) ? list(OTHER, this.other) : [];
    return [...counts, ...others];
  }

  private countsOf(proto: string): number[] {
    const known = this.byProto.get(proto);
    if (known !== undefined) return known;
    if (this.byProto.size >= PROTOCOLS_MAX) return this.other;
    const counts = newCounts();
    this.byProto.set(proto, counts);
    return counts;
  }
}

/** A plain loop over few constants costs less than the array's own search. */
function indexOf(values: readonly string[], value: string): number {
  for (let at = 0; at < values.length; at++) if (values[at] === value) return at;
  return -1;
}

function newCounts(): number[] {
  return new Array<number>(PLACES).fill(0);
}

function placeOf(type: number, verdict: number, direction: number): number {
  return (type * VERDICTS.length + verdict) * DIRECTIONS + direction;
}

function list(proto: string, counts: readonly number[]): RecordCount[] {
  return TYPES.flatMap((type, typeAt) =>
    VERDICTS.flatMap((verdict, verdictAt) =>
      (["ingress", "egress"] as const).map((direction, directionAt) => ({
        proto,
        type,
        verdict,
        direction,
        count: counts[placeOf(typeAt, verdictAt, directionAt)] as number,
      })),
    ),
  );
}
