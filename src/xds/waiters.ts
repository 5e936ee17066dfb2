interface Waiter<T> {
  readonly sequence: number;
  readonly settle: (value: T | undefined) => void;
}

/** Who waits for what: under a key, for a change or a later one. */
export class Waiters<T> {
  private readonly byKey = new Map<string, Waiter<T>[]>();

  /** Settles with what `settle` is given, or with undefined after `cancel` or `settleAll`. */
  wait(key: string, sequence: number): { readonly settled: Promise<T | undefined>; cancel(): void } {
    const { promise, resolve } = Promise.withResolvers<T | undefined>();
    const waiter: Waiter<T> = { sequence, settle: resolve };
    const waiting = this.byKey.get(key) ?? [];
    this.byKey.set(key, waiting);
    waiting.push(waiter);
    const cancel = (): void => {
      this.keep(key, (one) => one !== waiter);
      resolve(undefined);
    };
    return { settled: promise, cancel };
  }

  /** @param sequence The newest change that this says something of. */
  settle(key: string, sequence: number, value: T): void {
    const waiting = this.byKey.get(key);
    if (waiting === undefined) return;
    this.keep(key, (one) => one.sequence > sequence);
    for (const one of waiting) if (one.sequence <= sequence) one.settle(value);
  }

  get isEmpty(): boolean {
    return this.byKey.size === 0;
  }

  keys(): IterableIterator<string> {
    return this.byKey.keys();
  }

  /** Nobody waits any longer. */
  settleAll(): void {
    const all = [...this.byKey.values()].flat();
    this.byKey.clear();
    for (const one of all) one.settle(undefined);
  }

  private keep(key: string, wanted: (waiter: Waiter<T>) => boolean): void {
    const kept = (this.byKey.get(key) ?? []).filter(wanted);
    if (kept.length > 0) this.byKey.set(key, kept);
    else this.byKey.delete(key);
  }
}
