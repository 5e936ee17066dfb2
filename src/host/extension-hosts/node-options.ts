import type { ExtensionGrants } from "../bootstrap.ts";

const MIB = 1_048_576;
/** The rest of a process's memory is code, stacks and buffers. */
const HEAP_PART = 0.75;
/** What Node reserves for code and stacks before it has run anything, and counts as data without using it. */
const RESERVED_BYTES = 768 * MIB;
const FILES_MAX = 1_024;
const THREADS_MAX = 64;
/** With the programs, or the threads, that were granted. */
const GRANTED_THREADS_MAX = 1_024;

/** Options of Node for a process that may do what was granted, and nothing else. */
export function nodeOptions(
  grants: ExtensionGrants,
  readable: readonly string[],
  memoryBytesMax: number,
): readonly string[] {
  return [
    "--permission",
    ...readable.map((path) => `--allow-fs-read=${path}`),
    ...grants.write.flatMap((path) => [`--allow-fs-read=${path}`, `--allow-fs-write=${path}`]),
    ...(grants.childProcess ? ["--allow-child-process"] : []),
    ...(grants.nativeAddons ? ["--allow-addons"] : []),
    ...(grants.worker ? ["--allow-worker"] : []),
    `--max-old-space-size=${Math.max(1, Math.floor((memoryBytesMax * HEAP_PART) / MIB))}`,
    // A signal from whoever may send one would open a debugger.
    "--disable-sigusr1",
    "--disable-warning=ExperimentalWarning",
  ];
}

/** Arguments of prlimit(1). */
export function processLimits(grants: ExtensionGrants, memoryBytesMax: number, ownUser: boolean): readonly string[] {
  const threads = grants.childProcess || grants.worker ? GRANTED_THREADS_MAX : THREADS_MAX;
  return [
    "--core=0",
    `--nofile=${FILES_MAX}`,
    // Memory is measured now and then; this holds between two looks. Each worker would reserve as much again.
    ...(grants.worker ? [] : [`--data=${memoryBytesMax + RESERVED_BYTES}`]),
    ...(grants.write.length === 0 ? ["--fsize=0"] : []),
    // Threads are counted by user: only one of its own may be bounded.
    ...(ownUser ? [`--nproc=${threads}`] : []),
  ];
}
