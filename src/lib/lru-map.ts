interface Entry<K, V> {
  readonly key: K;
  value: V;
  weight: number;
  older: Entry<K, V> | undefined;
  younger: Entry<K, V> | undefined;
}

/**
 * A map whose entries weigh something and which forgets the least recently used ones when all together weigh too much.
 * Looking up allocates nothing and does not touch the underlying map.
 */
export class LruMap<K, V> {
  private readonly entries = new Map<K, Entry<K, V>>();
  private readonly weightMax: number;
  private weight = 0;
  private oldest: Entry<K, V> | undefined;
  private youngest: Entry<K, V> | undefined;

  constructor(weightMax: number) {
    this.weightMax = weightMax;
  }

  get size(): number {
    return this.entries.size;
  }

  /** The value, which counts as used now. */
  get(key: K): V | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry !== this.youngest) {
      this.unlink(entry);
      this.append(entry);
    }
    return entry.value;
  }

  /** Forgets others until everything fits. A value that is too heavy by itself is not kept. */
  set(key: K, value: V, weight = 1): void {
    this.delete(key);
    if (weight > this.weightMax) return;
    const entry: Entry<K, V> = { key, value, weight, older: undefined, younger: undefined };
    this.entries.set(key, entry);
    this.weight += weight;
    this.append(entry);
    while (this.weight > this.weightMax && this.oldest !== undefined) this.delete(this.oldest.key);
  }

  private delete(key: K): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.weight -= entry.weight;
    this.unlink(entry);
  }

  private append(entry: Entry<K, V>): void {
    entry.older = this.youngest;
    if (this.youngest === undefined) this.oldest = entry;
    else this.youngest.younger = entry;
    this.youngest = entry;
  }

  private unlink(entry: Entry<K, V>): void {
    if (entry.older === undefined) this.oldest = entry.younger;
    else entry.older.younger = entry.younger;
    if (entry.younger === undefined) this.youngest = entry.older;
    else entry.younger.older = entry.older;
    entry.older = undefined;
    entry.younger = undefined;
  }
}
