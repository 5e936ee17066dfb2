/** Gives items to one reader in their order. Who writes does not wait, so what waits for the reader is bounded. */
export class SendQueue<T> implements AsyncIterableIterator<T> {
  private readonly itemsMax: number;
  private readonly items: T[] = [];
  private reader: ((result: IteratorResult<T>) => void) | undefined;
  private closed = false;

  constructor(itemsMax: number) {
    this.itemsMax = itemsMax;
  }

  /** @returns false: it is full, or closed; the item is dropped. */
  push(item: T): boolean {
    if (this.closed) return false;
    const { reader } = this;
    if (reader !== undefined) {
      this.reader = undefined;
      reader({ done: false, value: item });
      return true;
    }
    if (this.items.length >= this.itemsMax) return false;
    this.items.push(item);
    return true;
  }

  /** The reader gets what waits, and no more. */
  close(): void {
    this.closed = true;
    this.reader?.({ done: true, value: undefined });
    this.reader = undefined;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.items.length > 0) return Promise.resolve({ done: false, value: this.items.shift() as T });
    if (this.closed) return Promise.resolve({ done: true, value: undefined });
    const { promise, resolve } = Promise.withResolvers<IteratorResult<T>>();
    this.reader = resolve;
    return promise;
  }

  /** The reader wants no more. */
  return(): Promise<IteratorResult<T>> {
    this.items.length = 0;
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The reader has failed. */
  throw(error: unknown): Promise<IteratorResult<T>> {
    void this.return();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
