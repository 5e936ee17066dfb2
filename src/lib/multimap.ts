/** Files an item under a key. */
export function addTo<K, T>(index: Map<K, Set<T>>, key: K, item: T): void {
  const set = index.get(key);
  if (set) set.add(item);
  else index.set(key, new Set([item]));
}

/** Takes an item from under a key; a key with nothing under it goes, too. */
export function removeFrom<K, T>(index: Map<K, Set<T>>, key: K, item: T): void {
  const set = index.get(key);
  if (set?.delete(item) && set.size === 0) index.delete(key);
}
