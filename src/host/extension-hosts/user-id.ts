import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/**
 * Numbers that no system gives to anybody (systemd, "Users, Groups, UIDs and GIDs", the summary): first the large range, then,
 * for containers that have only 65,536 numbers, a small one below those of dynamic users.
 */
const UNUSED: readonly (readonly [first: number, last: number])[] = [
  [1_879_048_192, 2_147_352_575],
  [60_578, 61_183],
];

/** User namespaces map numbers; one range with all of them where there is none. */
const UID_MAP = "/proc/self/uid_map";

/** First and last of a range of numbers that this process can use. */
export type MappedUsers = readonly (readonly [first: number, last: number])[];

export async function readMappedUsers(): Promise<MappedUsers> {
  return parseUidMap(await readFile(UID_MAP, "utf8").catch(() => ""));
}

/**
 * A user for a process: the same for the same name, and hardly ever the same for two names.
 *
 * @returns undefined: this process can become none that nobody else is.
 */
export function userIdFor(name: string, mapped: MappedUsers): number | undefined {
  const range = UNUSED.find(([first, last]) => mapped.some(([from, to]) => from <= first && last <= to));
  if (range === undefined) return undefined;
  const [first, last] = range;
  return first + (createHash("sha256").update(name).digest().readUInt32BE() % (last - first + 1));
}

/** Lines of `first, first outside, count` (user_namespaces(7)). */
export function parseUidMap(text: string): MappedUsers {
  return text.split("\n").flatMap((line) => {
    const [first, , count] = line.trim().split(/\s+/).map(Number);
    return first === undefined || count === undefined ? [] : [[first, first + count - 1] as const];
  });
}
