import { readdirSync, readFileSync, readlinkSync } from "node:fs";

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly marked: boolean;
}

/** Carried in the environment by everything that a round starts. */
export const MARK = "WEIR_BATTERY";

function processes(mark: string): Row[] {
  const rows: Row[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const [state = "", parent = ""] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z") continue;
      const marked = readFileSync(`/proc/${name}/environ`, "latin1").split("\0").includes(`${MARK}=${mark}`);
      const command = readFileSync(`/proc/${name}/cmdline`, "latin1").split("\0").join(" ").trim();
      rows.push({ pid: Number(name), parent: Number(parent), command, marked });
    } catch {
      // It ended while we looked.
    }
  }
  return rows;
}

/** What runs with the mark, and what that has started, whatever environment it was given. */
export function processesOf(mark: string): readonly { readonly pid: number; readonly command: string }[] {
  const rows = processes(mark);
  const found = new Map(rows.filter(({ marked }) => marked).map((row) => [row.pid, row]));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const row of rows) if (found.has(row.parent)) found.set(row.pid, row);
  }
  return [...found.values()];
}

export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2)[0] !== "Z";
  } catch {
    return false;
  }
}

/**
 * The client's ports of all TCP connections over IPv4 that a process has accepted on a port. A connection that waits to be
 * accepted belongs to nobody yet: such ones are told by `pending`.
 */
export function acceptedBy(
  pid: number,
  listenPort: number,
): { own: ReadonlySet<number>; pending: ReadonlySet<number> } {
  const inodes = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed while we looked.
    }
  }
  const own = new Set<number>();
  const pending = new Set<number>();
  for (const line of readFileSync(`/proc/${pid}/net/tcp`, "latin1").split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    const [local = "", remote = ""] = [columns[1], columns[2]];
    if (portOf(local) !== listenPort || portOf(remote) === 0) continue;
    const inode = columns[9] ?? "";
    if (inodes.has(inode)) own.add(portOf(remote));
    else if (inode === "0") pending.add(portOf(remote));
  }
  return { own, pending };
}

function portOf(address: string): number {
  return Number.parseInt(address.split(":")[1] ?? "0", 16);
}
