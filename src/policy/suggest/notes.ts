/** What a reader of the suggestion must know, each thing once, with how often it was met. Bounded. */
export class Notes {
  private readonly counts = new Map<string, number>();
  private readonly max: number;
  private others = 0;

  constructor(max: number) {
    this.max = max;
  }

  /** @param text A sentence without its end. */
  add(text: string, count = 1): void {
    const known = this.counts.get(text);
    if (known !== undefined) this.counts.set(text, known + count);
    else if (this.counts.size < this.max) this.counts.set(text, count);
    else this.others++;
  }

  addAll(other: Notes): void {
    for (const [text, count] of other.counts) this.add(text, count);
    this.others += other.others;
  }

  /** Sorted; with the number of records where one is not the whole story. */
  lines(): readonly string[] {
    const lines = [...this.counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([text, count]) => `${text}${times(count)}.`);
    if (this.others > 0) lines.push(`There is more to say, which is left out here (${this.others}).`);
    return lines;
  }
}

function times(count: number): string {
  return count === 1 ? "" : ` (${recordCount(count)})`;
}

/** `1 record`, `2 records`. */
export function recordCount(count: number): string {
  return `${count} record${count === 1 ? "" : "s"}`;
}
