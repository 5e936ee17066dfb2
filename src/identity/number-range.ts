import type { NumericIdentity } from "../api/identity.ts";

/** Gives out the numbers of a range, each to one owner at a time. */
export class NumberRange {
  readonly capacity: number;
  private readonly last: number;
  private next: number;
  /**
   * Released numbers, the longest unused first from `freedStart`. They are taken again only when no fresh one is left: a
   * number that comes back with other labels soon could meet a connection that still carries its old meaning.
   */
  private freed: NumericIdentity[] = [];
  private freedStart = 0;

  constructor(first: number, capacity: number) {
    this.next = first;
    this.last = first + capacity - 1;
    this.capacity = capacity;
  }

  /** undefined: all numbers are in use. */
  take(): NumericIdentity | undefined {
    if (this.next <= this.last) return this.next++ as NumericIdentity;
    const id = this.freed[this.freedStart];
    if (id === undefined) return undefined;
    this.freedStart++;
    if (this.freedStart * 2 > this.freed.length) {
      this.freed = this.freed.slice(this.freedStart);
      this.freedStart = 0;
    }
    return id;
  }

  /** The number was taken before. */
  giveBack(id: NumericIdentity): void {
    this.freed.push(id);
  }
}
