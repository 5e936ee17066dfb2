import { fileURLToPath } from "node:url";
import { ensureProgram, findProgram } from "./installed-program.ts";

/** Path of the installed memcached, or undefined. Installs nothing. */
export function findMemcached(): string | undefined {
  return findProgram("memcached");
}

/** Path of a real memcached, installed now where that can be; else undefined. */
export function ensureMemcached(say: (line: string) => void): string | undefined {
  return ensureProgram("memcached", say);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = ensureMemcached((line) => console.error(line));
  if (path !== undefined) console.log(path);
  process.exitCode = path === undefined ? 1 : 0;
}
