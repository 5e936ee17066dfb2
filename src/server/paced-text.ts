import { setTimeout as delay } from "node:timers/promises";

/** Makes a text whenever somebody asks, but not more often than the pace allows: whoever asks meanwhile gets the next one. */
export class PacedText {
  private readonly make: () => Promise<string>;
  private readonly paceMs: number;
  private next: Promise<string> | undefined;
  private notBeforeMs = 0;

  /** @param paceMs From the end of one text to the beginning of the next. */
  constructor(make: () => Promise<string>, paceMs: number) {
    this.make = make;
    this.paceMs = paceMs;
  }

  /** Made after the call, for all that asked until it was begun. Rejects as `make` does. */
  text(): Promise<string> {
    this.next ??= this.makeNext();
    return this.next;
  }

  private async makeNext(): Promise<string> {
    // At least one turn of the event loop: those who ask in this one share the text.
    await delay(Math.max(0, this.notBeforeMs - performance.now()));
    this.next = undefined;
    try {
      return await this.make();
    } finally {
      this.notBeforeMs = performance.now() + this.paceMs;
    }
  }
}
