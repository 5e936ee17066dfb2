import type { ConnectionRow } from "../client/client-connection.ts";
import type { ProtocolName } from "../load/protocol.ts";
import type { LoadShape } from "../load/request.ts";
import { askedAt } from "../load/request.ts";
import type { Arrived } from "../upstream/arrivals.ts";
import type { UpstreamProblem } from "../upstream/messages.ts";
import type { RecordCounts } from "./records.ts";

/** All that is known of the traffic of one protocol when everything has ended. */
export interface Evidence {
  readonly protocol: ProtocolName;
  readonly shape: LoadShape;
  readonly rows: readonly ConnectionRow[];
  /** undefined: the server does not check, and tells nothing. */
  readonly arrivals: ((connection: number) => Arrived) | undefined;
  readonly upstreamProblems: readonly UpstreamProblem[];
  readonly records: RecordCounts;
}

export interface Reconciled {
  /** What must never be: one sentence each. */
  readonly problems: readonly string[];
  readonly requests: number;
  readonly answered: number;
  readonly denied: number;
  /** Requests without an answer, all on connections that broke. */
  readonly lost: number;
  /** Requests that were forwarded or denied for certain, and have no record: how many, by connection. */
  readonly missing: ReadonlyMap<ConnectionRow, number>;
  /** Requests and ends of connections that may have had a record, and have none: nobody can say whether one was made. */
  readonly perhaps: number;
  /** Records beyond the first of a request. */
  readonly duplicates: number;
}

export function reconcile(evidence: Evidence): Reconciled {
  return new Reconciliation(evidence).run();
}

class Reconciliation {
  private readonly evidence: Evidence;
  private readonly problems: string[] = [];
  private readonly missing = new Map<ConnectionRow, number>();
  private requests = 0;
  private answered = 0;
  private denied = 0;
  private lost = 0;
  private perhaps = 0;
  private duplicates = 0;

  constructor(evidence: Evidence) {
    this.evidence = evidence;
  }

  run(): Reconciled {
    const { rows, records, protocol } = this.evidence;
    const known = new Map(rows.map((row) => [row.connection, row]));
    for (const row of rows) this.connection(row);
    this.upstream(known);
    for (const [connection, requests] of records.connections(protocol)) {
      const begun = known.get(connection)?.begun ?? 0;
      if (requests.length > begun)
        this.problem(`connection ${connection} has a record of request ${requests.length - 1}; ${begun} were begun`);
    }
    const { requests, answered, denied, lost, missing, perhaps, duplicates, problems } = this;
    return { problems, requests, answered, denied, lost, missing, perhaps, duplicates };
  }

  private connection(row: ConnectionRow): void {
    const arrived = this.evidence.arrivals?.(row.connection);
    const broke = row.end === "broken" || row.end === "wrong";
    if (row.mismatch !== undefined)
      this.problem(`wrong bytes for the client of connection ${row.connection}: ${JSON.stringify(row.mismatch)}`);
    if (arrived !== undefined && arrived.begun > row.begun)
      this.problem(`request ${arrived.begun - 1} of connection ${row.connection} arrived; ${row.begun} were begun`);
    if (row.end === "finished" && row.answered !== row.begun)
      this.problem(`connection ${row.connection} ended well with ${row.begun - row.answered} requests unanswered`);
    // Its end has a record of its own, where it is an error.
    if (row.end !== "finished") this.perhaps++;
    this.requests += row.begun;
    this.answered += row.answered;
    if (broke) this.lost += row.begun - row.answered;
    for (let sequence = 0; sequence < row.begun; sequence++) this.request(row, sequence, arrived);
  }

  private request(row: ConnectionRow, sequence: number, arrived: Arrived | undefined): void {
    const { shape, records, protocol } = this.evidence;
    const { allowed } = askedAt(shape, row.connection, sequence);
    const { forwarded, denied } = records.of(protocol, row.connection, sequence);
    const answered = sequence < row.answered;
    const where = `request ${sequence} of connection ${row.connection} (${row.end})`;
    const [right, wrong] = allowed ? [forwarded, denied] : [denied, forwarded];
    if (!allowed && answered) this.denied++;
    if (wrong > 0) this.problem(`${where} is ${allowed ? "allowed" : "denied"} and has a record that says otherwise`);
    if (allowed && answered && arrived !== undefined && sequence >= arrived.whole)
      this.problem(`${where} has an answer and never arrived`);
    const begun = arrived !== undefined && sequence < arrived.begun;
    if (right > 1) this.duplicates += right - 1;
    if (right === 0 && (answered || (allowed && begun))) this.missing.set(row, (this.missing.get(row) ?? 0) + 1);
    else if (right === 0) this.perhaps++;
    // Of a connection that broke, what was decided may have been lost on its way; of one that was cut, the last was.
    const whole = row.end === "finished" || (row.end === "cut" && sequence < row.answered);
    if (right > 0 && allowed && whole && arrived !== undefined && !begun)
      this.problem(`${where} has a record and never arrived`);
  }

  private upstream(known: ReadonlyMap<number, ConnectionRow>): void {
    const anyBroke = this.evidence.rows.some(({ end }) => end === "broken");
    for (const { connection, soft, text } of this.evidence.upstreamProblems) {
      const broke = connection < 0 ? anyBroke : known.get(connection)?.end === "broken";
      if (!soft || !broke || text.includes("(denied bytes)") || text.includes("(undecided bytes)"))
        this.problem(
          `the upstream says of connection ${connection} (${known.get(connection)?.end ?? "unknown"}): ${text}`,
        );
    }
  }

  private problem(text: string): void {
    this.problems.push(`${this.evidence.protocol}: ${text}`);
  }
}
