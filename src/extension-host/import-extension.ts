import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
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
    throw new Error(whyNot(specifier, error), { cause: error });
  }
}

function whyNot(specifier: string, error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING") {
    return "Node reads no TypeScript below node_modules: copy the module elsewhere, or build it to JavaScript";
  }
  const isSyntax = error instanceof SyntaxError && code === undefined;
  const manifest = isSyntax || code === "ERR_REQUIRE_CYCLE_MODULE" ? commonJsManifest(specifier) : undefined;
  if (manifest === undefined) return withPlace(error);
  return (
    `${manifest} has \`"type": "commonjs"\`, so Node reads the module as CommonJS, without \`import\` and \`export\`: write ` +
    `\`"type": "module"\` there, or let the module's name end with .mts or .mjs`
  );
}

/** The file that makes CommonJS of a module whose name does not say what it is: the nearest package.json decides. */
function commonJsManifest(specifier: string): string | undefined {
  if (!/\.[jt]s$/.test(specifier)) return undefined;
  for (let folder = dirname(fileURLToPath(specifier)); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    const text = readIfThere(manifest);
    if (text !== undefined) return /"type"\s*:\s*"commonjs"/.test(text) ? manifest : undefined;
    if (dirname(folder) === folder) return undefined;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
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
  const before = /^(?:file:\/\/)?(\/[^\n]*:\d+)\n/.exec(stack)?.[1];
  if (before !== undefined) return `${message} (${before})`;
  if (error instanceof SyntaxError) return `${message} (\`node --check\` with its file shows where)`;
  const frame = /\((file:\/\/[^\n]*?)(:\d+:\d+)\)|at (file:\/\/[^\n]*?)(:\d+:\d+)$/m.exec(stack);
  const url = frame?.[1] ?? frame?.[3];
  // What cannot be found was not found by weir: only a frame of the module itself is its place.
  if (url === undefined || url.startsWith(new URL(".", import.meta.url).href)) return message;
  return `${message} (${fileURLToPath(url)}${frame?.[2] ?? frame?.[4]})`;
}
