/** The items under a key; none where there is no list. */
export function listAt(value: unknown, key: string): readonly unknown[] {
  const found = (value as Record<string, unknown> | null)?.[key];
  return Array.isArray(found) ? found : [];
}
