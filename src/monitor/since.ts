const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d{1,9}(ms|s|m|h|d))+$/;
const PART = /(\d+)(ms|s|m|h|d)/g;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const LENGTH_MAX = 64;

/** A duration before now (`90s`, `1h30m`) or a time (RFC 3339) in milliseconds since the epoch; undefined: neither. */
export function parseSince(text: string, nowMs: number): number | undefined {
  if (text.length > LENGTH_MAX) return undefined;
  if (DURATION.test(text)) {
    let durationMs = 0;
    for (const [, count, unit = ""] of text.matchAll(PART)) durationMs += Number(count) * (UNIT_MS[unit] as number);
    return nowMs - durationMs;
  }
  const timeMs = TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
