/** What has arrived meanwhile is looked at first: a process that stood still hears of the time before it hears of anything else. */
const LAST_TURNS = 50;
const LULL_MS = 20;

/** What a check waits for, whatever it is: everything that happens is told here. */
export class Watch {
  private readonly answerMs: number;
  private readonly waiting = new Set<() => void>();
  private problem: Error | undefined;

  /** @param answerMs What takes longer is a failure. */
  constructor(answerMs: number) {
    this.answerMs = answerMs;
  }

  /** Something has happened. */
  changed(): void {
    for (const look of [...this.waiting]) look();
  }

  /** The owner did what it must not; the check fails with the first of these. */
  wrong(problem: string): void {
    this.problem ??= new Error(problem);
    this.changed();
  }

  /** Throws what is wrong so far. */
  assertRight(): void {
    if (this.problem !== undefined) throw this.problem;
  }

  /** Settles when it holds. @param what For the failure: what was waited for. */
  async until(holds: () => boolean, what: () => string): Promise<void> {
    if (!(await this.within(this.answerMs, holds))) throw new Error(`not within ${this.answerMs} ms: ${what()}`);
  }

  /** Gives an owner that does what it must not the time to do so. */
  async lull(): Promise<void> {
    await this.within(LULL_MS, () => false);
  }

  /** @returns false: it did not hold for so long. */
  async within(ms: number, holds: () => boolean): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const look = (): void => {
      try {
        this.assertRight();
        if (holds()) resolve(true);
      } catch (error) {
        reject(error);
      }
    };
    const late = setTimeout(() => void someTurns().then(() => resolve(false)), ms);
    this.waiting.add(look);
    look();
    try {
      return await promise;
    } finally {
      this.waiting.delete(look);
      clearTimeout(late);
    }
  }
}

async function someTurns(): Promise<void> {
  for (let turn = 0; turn < LAST_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}
