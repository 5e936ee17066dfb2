import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const LOOK_EVERY_MS = 5;
const LOOKS_MAX = 1_000;
/** State of a connection that stands, in the kernel's table. */
const ESTABLISHED = "01";

export interface SpreadQuestion {
  /** `a.b.c.d:port` that the connections are made to. */
  readonly address: string;
  readonly pids: readonly number[];
  /** How many of these processes accept connections. */
  readonly acceptors: number;
  /** How many connections there are. */
  readonly connections: number;
}

/**
 * Looks until every connection has been accepted, whoever did it. Throws if that never happens.
 *
 * @returns Connections of each process that accepts some, the most first.
 */
export async function findSpread(question: SpreadQuestion): Promise<readonly number[]> {
  let counts: readonly number[] = [];
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    counts = countConnections(question.address, question.pids);
    if (counts.reduce((sum, count) => sum + count, 0) === question.connections) {
      return spreadOver(counts, question.acceptors);
    }
    await delay(LOOK_EVERY_MS);
  }
  throw new Error(`of ${question.connections} connections its processes accepted ${counts.join(" + ")}`);
}

function spreadOver(counts: readonly number[], acceptors: number): readonly number[] {
  const busy = counts.filter((count) => count > 0).sort((a, b) => b - a);
  return [...busy, ...new Array<number>(Math.max(0, acceptors - busy.length)).fill(0)];
}

/** For each process: established connections that were made to this address. */
export function countConnections(address: string, pids: readonly number[]): readonly number[] {
  const port = Number(address.slice(address.lastIndexOf(":") + 1));
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const sockets = new Set<string>();
  for (const line of readFileSync("/proc/net/tcp", "latin1").split("\n").slice(1)) {
    // Number, local address, remote address, state, five more, and the inode.
    const fields = line.trim().split(/\s+/);
    if (fields[3] === ESTABLISHED && fields[1]?.endsWith(local)) sockets.add(`socket:[${fields[9]}]`);
  }
  return pids.map((pid) => filesOf(pid).filter((file) => sockets.has(file)).length);
}

/** What the file descriptors of a process stand for; empty where it may not be seen. */
function filesOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((descriptor) => {
      try {
        return [readlinkSync(`${folder}/${descriptor}`)];
      } catch {
        // It was closed meanwhile.
        return [];
      }
    });
  } catch {
    return [];
  }
}
