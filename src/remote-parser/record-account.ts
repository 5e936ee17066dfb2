import type { RecordBudget } from "./record-budget.ts";

/** A connection may be so many records ahead of what it decides: a parser may log before its verdict, or behind it. */
export const RECORDS_AHEAD = 16;
/** The same in bytes of their fields. */
export const FIELDS_BYTES_AHEAD = 65_536;
/** Each verdict stands for one record, and for one more with so many bytes that it decides: for a batch of requests. */
const BYTES_PER_RECORD = 64;
/**
 * Fields of the record of one verdict, besides as many bytes as it decides: a short request may tell of a longer statement,
 * but whoever takes his traffic apart byte by byte does not get a page for each.
 */
const FIELDS_BYTES_PER_VERDICT = 64;
const FIELDS_BYTES_PER_BYTE = 16;
const FIELDS_BYTES_MORE_MAX = 2_048;

/** What one DECIDED brings of records, and what its verdicts stand for. */
export interface Logged {
  readonly logs: number;
  readonly logBytes: number;
  readonly verdicts: number;
  /** By these verdicts. */
  readonly decidedBytes: number;
}

/**
 * What traffic pays for: records of requests are bounded by the requests alone. What a connection logs beyond that comes from
 * the budget of its extension host.
 */
export class RecordAccount {
  private records = RECORDS_AHEAD;
  private bytes = FIELDS_BYTES_AHEAD;

  /** Pays for all of it, or for nothing. */
  pays(logged: Logged, budget: RecordBudget, now: number): boolean {
    const records = this.records + recordsOf(logged) - logged.logs;
    const bytes = this.bytes + fieldsBytesOf(logged) - logged.logBytes;
    const lacks = records < 0 || bytes < 0;
    if (lacks && !budget.take(Math.max(0, -records), Math.max(0, -bytes), now)) return false;
    this.keep(records, bytes);
    return true;
  }

  /** Everything that there is, with what the verdicts stand for. `keep` gives back what is left. */
  empty(logged: Logged): { records: number; bytes: number } {
    const all = { records: this.records + recordsOf(logged), bytes: this.bytes + fieldsBytesOf(logged) };
    this.keep(0, 0);
    return all;
  }

  keep(records: number, bytes: number): void {
    this.records = Math.max(0, Math.min(RECORDS_AHEAD, records));
    this.bytes = Math.max(0, Math.min(FIELDS_BYTES_AHEAD, bytes));
  }
}

function recordsOf({ verdicts, decidedBytes }: Logged): number {
  return verdicts + Math.floor(decidedBytes / BYTES_PER_RECORD);
}

function fieldsBytesOf({ verdicts, decidedBytes }: Logged): number {
  const more = Math.min(decidedBytes * FIELDS_BYTES_PER_BYTE, verdicts * FIELDS_BYTES_MORE_MAX);
  return verdicts * FIELDS_BYTES_PER_VERDICT + more + decidedBytes;
}
