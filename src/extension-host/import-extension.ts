import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A module that waits for something at its top level may do so for this long. */
const IMPORT_MS_MAX = 10_000;

/**
 * Imports the module of an extension and gives its default export. Throws an Error that says where in the module, if that
 * can be known.
 */
export async function importExtension(path: string, timeoutMs: number = IMPORT_MS_MAX): Promise<unknown> {
  const module = await inTime(importModule(pathToFileURL(path).href), timeoutMs);
  return module.default;
}

async function importModule(specifier: string): Promise<{ readonly default?: unknown }> {
  try {
    return await import(specifier);
  } catch (error) {
    throw new Error(withPlace(error), { cause: error });
  }
}

/** A promise that never settles would let the process end, or stand still, without a word. */
async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const done = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: done.signal }).then(() => {
    throw new Error(`it was not loaded within ${timeoutMs} ms: what does its top-level \`await\` wait for?`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort();
    late.catch(() => undefined);
  }
}

function withPlace(error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${String(error)}`;
  const { stack = "", message } = error;
  // Node puts the place before a message about TypeScript, and says nothing of it about JavaScript's syntax.
  const before = /^(\/[^\n]*:\d+)\n/.exec(stack)?.[1];
  if (before !== undefined) return `${message} (${before})`;
  if (error instanceof SyntaxError) return `${message} (\`node --check\` with its file shows where)`;
  const frame = /\((file:\/\/[^\n]*?)(:\d+:\d+)\)|at (file:\/\/[^\n]*?)(:\d+:\d+)$/m.exec(stack);
  const url = frame?.[1] ?? frame?.[3];
  // What cannot be found was not found by weir: only a frame of the module itself is its place.
  if (url === undefined || url.startsWith(new URL(".", import.meta.url).href)) return message;
  return `${message} (${fileURLToPath(url)}${frame?.[2] ?? frame?.[4]})`;
}
