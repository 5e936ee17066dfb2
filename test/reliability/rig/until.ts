import { setTimeout as delay } from "node:timers/promises";

const LOOK_MS = 40;
const TIMEOUT_MS = 60_000;

/** Asks again and again until the answer is neither undefined nor false; fails with what it waited for. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs: number = TIMEOUT_MS,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for ${what}`);
    await delay(LOOK_MS);
  }
}

/** The promise's result, or a failure that says what did not happen. */
export async function within<T>(what: string, promise: Promise<T>, timeoutMs: number = TIMEOUT_MS): Promise<T> {
  const stop = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: stop.signal }).then(
    () => Promise.reject(new Error(`waited ${timeoutMs / 1000} s for ${what}`)),
    () => new Promise<never>(() => {}),
  );
  return await Promise.race([promise, late]).finally(() => stop.abort());
}
