/**
 * A bounded map for results that can be made again. Two generations: when the young one is full, the old one, whose
 * entries nobody has asked for since, is dropped whole. No bookkeeping per use.
 */
export class GenerationCache<K, V> {
  private readonly generationMax: number;
  private young = new Map<K, V>();
  private old = new Map<K, V>();

  /** Holds up to 2 × `generationMax` entries. */
  constructor(generationMax: number) {
    this.generationMax = generationMax;
  }

  get(key: K): V | undefined {
    const value = this.young.get(key);
    if (value !== undefined) return value;
    const aged = this.old.get(key);
    if (aged !== undefined) this.set(key, aged);
    return aged;
  }

  set(key: K, value: V): void {
    if (this.young.size >= this.generationMax && !this.young.has(key)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }
}
