/** Records that one extension host may have written of its own accord: so many a second, and so many at once. */
export const RECORDS_PER_SECOND = 1_000;
export const RECORDS_BURST = 10_000;
/** Bytes of their fields. */
export const FIELDS_BYTES_PER_SECOND = 262_144;
export const FIELDS_BYTES_BURST = 2_097_152;

const SECOND_MS = 1_000;

/**
 * What an extension host may log beyond what its traffic stands for, over all its connections and whichever process stands
 * behind it. Refilled when it is asked: there is no timer.
 */
export class RecordBudget {
  /** Records that were left out, by extension. */
  readonly dropped: Map<string, number> = new Map();
  private records = RECORDS_BURST;
  private bytes = FIELDS_BYTES_BURST;
  private refilledMs: number;

  /** @param now Milliseconds, monotonic. */
  constructor(now: number) {
    this.refilledMs = now;
  }

  /** Takes all of it, or nothing. @param now As above. @returns Whether it was there. */
  take(records: number, bytes: number, now: number): boolean {
    const seconds = (now - this.refilledMs) / SECOND_MS;
    if (seconds > 0) {
      this.refilledMs = now;
      this.records = Math.min(RECORDS_BURST, this.records + seconds * RECORDS_PER_SECOND);
      this.bytes = Math.min(FIELDS_BYTES_BURST, this.bytes + seconds * FIELDS_BYTES_PER_SECOND);
    }
    if (records > this.records || bytes > this.bytes) return false;
    this.records -= records;
    this.bytes -= bytes;
    return true;
  }

  drop(extension: string, records: number): void {
    this.dropped.set(extension, (this.dropped.get(extension) ?? 0) + records);
  }
}
