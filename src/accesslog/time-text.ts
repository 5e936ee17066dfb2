const SECOND_MS = 1_000;
const MILLISECONDS_WIDTH = 3;

/** RFC 3339 in UTC with milliseconds. Most calls ask for the last millisecond or second again. */
export class TimeText {
  private ms = Number.NaN;
  private text = "";
  private second = Number.NaN;
  private secondText = "";

  of(timeMs: number): string {
    if (timeMs === this.ms) return this.text;
    const ms = Math.floor(timeMs);
    const second = Math.floor(ms / SECOND_MS);
    if (second !== this.second) {
      this.secondText = new Date(second * SECOND_MS).toISOString().slice(0, -".000Z".length);
      this.second = second;
    }
    this.text = `${this.secondText}.${String(ms - second * SECOND_MS).padStart(MILLISECONDS_WIDTH, "0")}Z`;
    this.ms = timeMs;
    return this.text;
  }
}
