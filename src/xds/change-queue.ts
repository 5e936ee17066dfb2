/**
 * Names that wait, in the order in which they first came, each with the number of the change that made it wait. A name
 * that changes again while it waits keeps its place.
 */
export class ChangeQueue {
  private readonly waiting = new Map<string, number>();
  /** Goes on behind names that were taken: a new iterator would walk over their traces again and again. */
  private iterator: Iterator<[string, number]> | undefined;
  private head: readonly [string, number] | undefined;

  get size(): number {
    return this.waiting.size;
  }

  has(name: string): boolean {
    return this.waiting.has(name);
  }

  add(name: string, sequence: number): void {
    if (!this.waiting.has(name)) this.waiting.set(name, sequence);
  }

  delete(name: string): boolean {
    return this.waiting.delete(name);
  }

  /** The one that has waited longest. */
  first(): readonly [name: string, sequence: number] | undefined {
    while (this.waiting.size > 0) {
      // A name that went and came again waits further back, with another number.
      if (this.head !== undefined && this.waiting.get(this.head[0]) === this.head[1]) return this.head;
      this.iterator ??= this.waiting.entries();
      const next = this.iterator.next();
      this.head = next.done === true ? undefined : next.value;
      if (next.done === true) this.iterator = undefined;
    }
    this.head = undefined;
    return undefined;
  }
}
