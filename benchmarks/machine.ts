import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, cpus, loadavg, release, totalmem } from "node:os";

/** What the figures were measured on: they mean nothing without it. */
export interface Machine {
  readonly date: string;
  readonly weir: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  /** Version, or undefined where it is not installed. */
  readonly memcached: string | undefined;
  readonly haproxy: string | undefined;
  /** Runnable processes on average over the minute before; above a few tenths, other work disturbed the figures. */
  readonly loadAverage: number;
}

/** Call it before measuring begins: the load average is of the minute before. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    weir: weirVersion(),
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${distribution()}, Linux ${release()}, ${arch()}`,
    node: process.version,
    memcached: firstMatch("memcached", ["-V"], /memcached (\S+)/),
    haproxy: firstMatch("haproxy", ["-v"], /version (\S+)/) ?? firstMatch("/usr/sbin/haproxy", ["-v"], /version (\S+)/),
    loadAverage: Math.round((loadavg()[0] as number) * 100) / 100,
  };
}

function firstMatch(command: string, args: readonly string[], pattern: RegExp): string | undefined {
  try {
    const output = execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return pattern.exec(output)?.[1];
  } catch {
    return undefined;
  }
}

function weirVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  const commit = firstMatch("git", ["-C", import.meta.dirname, "rev-parse", "--short", "HEAD"], /(\S+)/);
  return commit === undefined ? manifest.version : `${manifest.version} (${commit})`;
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "unknown";
  } catch {
    return "unknown";
  }
}

/** What every table of figures says of where it was made. */
export function machineRows(machine: Machine): [name: string, value: string][] {
  return [
    ["date", machine.date],
    ["weir", machine.weir],
    ["processor", `${machine.cpu}, ${machine.cores} cores`],
    ["memory", `${machine.memoryGib} GiB`],
    ["system", machine.system],
    ["Node", machine.node],
  ];
}
