import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PROXY, SERVER } from "./addresses.ts";
import { freePort } from "./free-port.ts";
import type { Protocol } from "./mode.ts";
import { buildProgram } from "./native-program.ts";
import { type Pinning, pinned } from "./pinning.ts";
import { RunningProcess } from "./running-process.ts";
import { writeWeirConfig } from "./weir-config.ts";

/** What is measured: the server itself or a proxy in front of it. */
export interface Candidate {
  readonly name: string;
  /** `a.b.c.d:port` that clients connect to. */
  readonly address: string;
  readonly process: RunningProcess;
  /** Whether it answers forbidden requests itself. */
  readonly hasPolicy: boolean;
}

export const NODE_PIPE = "Node pipe";
export const WEIR = "weir agent";

/** Where a candidate runs and what it forwards to. */
interface Place {
  readonly pinning: Pinning | undefined;
  readonly protocol: Protocol;
  readonly serverPort: number;
  /** For configuration files, sockets and logs. */
  readonly directory: string;
}

export interface Server {
  readonly process: RunningProcess;
  readonly port: number;
}

export async function startMemcached(pinning: Pinning | undefined): Promise<Server> {
  const port = await freePort(SERVER);
  const command = ["memcached", "-l", SERVER, "-p", String(port), "-U", "0", "-t", "1"];
  // Items up to 2 MiB for the workload of 1 MiB values.
  command.push("-m", "256", "-I", "2m", "-c", "4096");
  if (process.getuid?.() === 0) command.push("-u", "root");
  return { process: await RunningProcess.start(pinned(pinning?.loadAndServer, command), SERVER, port), port };
}

/** A stand-in for a Cassandra server: a real one would be the limit. */
export async function startCqlServer(pinning: Pinning | undefined): Promise<Server> {
  const program = buildProgram("cql-server");
  if ("missing" in program) throw new Error(program.missing);
  const port = await freePort(SERVER);
  const command = pinned(pinning?.loadAndServer, [program.path, `${SERVER}:${port}`]);
  return { process: await RunningProcess.start(command, SERVER, port), port };
}

/** The simplest proxy in Node. */
export async function startNodePipe(place: Place): Promise<Candidate> {
  const port = await freePort(PROXY);
  const program = fileURLToPath(import.meta.resolve("../peers/node-pipe.ts"));
  const command = [process.execPath, program, `${PROXY}:${port}`, `${SERVER}:${place.serverPort}`];
  return start(NODE_PIPE, place, port, command, false);
}

/** A proxy in C that knows no protocol. */
export async function startHaproxy(place: Place, program: string): Promise<Candidate> {
  const port = await freePort(PROXY);
  const file = join(place.directory, "haproxy.cfg");
  const settings = [
    ...["global", "  nbthread 1", "  maxconn 4000"],
    ...["defaults", "  mode tcp", "  timeout connect 2s", "  timeout client 60s", "  timeout server 60s"],
    ...["listen proxy", `  bind ${PROXY}:${port}`, `  server upstream ${SERVER}:${place.serverPort}`],
  ];
  writeFileSync(file, `${settings.join("\n")}\n`);
  return start("HAProxy tcp", place, port, [program, "-db", "-f", file], false);
}

/** weir with a policy on requests (`l7`), or on the connection alone, which it then splices. */
export async function startWeir(place: Place, l7: boolean): Promise<Candidate> {
  const port = await freePort(PROXY);
  const file = writeWeirConfig({
    directory: join(place.directory, l7 ? "weir-l7" : "weir-l4"),
    listen: `${PROXY}:${port}`,
    protocol: place.protocol,
    serverPort: place.serverPort,
    l7,
  });
  const program = join(import.meta.dirname, "..", "..", "bin", "weir.mjs");
  const command = [process.execPath, program, "agent", "--config", file];
  return start(l7 ? WEIR : "weir agent, spliced", place, port, command, l7);
}

async function start(
  name: string,
  place: Place,
  port: number,
  command: readonly string[],
  hasPolicy: boolean,
): Promise<Candidate> {
  const process = await RunningProcess.start(pinned(place.pinning?.target, command), PROXY, port);
  return { name, address: `${PROXY}:${port}`, process, hasPolicy };
}
