import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SOCKET_NAME } from "../../src/api/rest.ts";
import { createClient } from "../../src/client/client.ts";
import { PROXY, SERVER } from "./addresses.ts";
import { freePort } from "./free-port.ts";
import type { Protocol } from "./mode.ts";
import { buildProgram } from "./native-program.ts";
import { type Pinning, pinned } from "./pinning.ts";
import { RunningProcess } from "./running-process.ts";
import { type ExtensionUse, stateDirOf, writeWeirConfig } from "./weir-config.ts";

const READY_MS_MAX = 30_000;
const READY_LOOK_MS = 20;

/** What is measured: the server itself or a proxy in front of it. */
export interface Candidate {
  readonly name: string;
  /** `a.b.c.d:port` that clients connect to. */
  readonly address: string;
  readonly process: RunningProcess;
  /** Whether it answers forbidden requests itself. */
  readonly hasPolicy: boolean;
  /** undefined: where its connections end up is not looked at, nor how many processes it has. */
  readonly topology: Topology | undefined;
}

/** How the work is spread over processes. */
export interface Topology {
  /** Processes that there must be in every turn: one that is missing would have used CPU that nobody counts. */
  readonly processesMin: number;
  readonly processesMax: number;
  /** Processes that accept connections. */
  readonly acceptors: number;
}

export const NODE_PIPE = "Node pipe";
export const WEIR = "weir agent";
export const WEIR_SPLICED = "weir agent, spliced";

/** Where a candidate runs and what it forwards to. */
export interface Place {
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
  return start(NODE_PIPE, place, port, command, false, { processesMin: 1, processesMax: 1, acceptors: 1 });
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

/** What sets one weir apart from another. */
export interface WeirOptions {
  readonly name: string;
  /** A policy on requests, or on the connection alone, which weir then splices. */
  readonly l7: boolean;
  /** `hosts` of the configuration. undefined: as weir comes. */
  readonly hosts?: number;
  /** Judges the requests in place of what ships with weir. */
  readonly extension?: ExtensionUse;
}

/** weir as users start it, access log on. */
export async function startWeir(place: Place, options: WeirOptions): Promise<Candidate> {
  const { name, l7, hosts, extension } = options;
  const port = await freePort(PROXY);
  const directory = join(place.directory, name.replaceAll(/[^a-z0-9]+/g, "-"));
  const file = writeWeirConfig({
    directory,
    listen: `${PROXY}:${port}`,
    protocol: place.protocol,
    serverPort: place.serverPort,
    l7,
    hosts,
    extension,
  });
  const program = join(import.meta.dirname, "..", "..", "bin", "weir.mjs");
  const command = [process.execPath, program, "agent", "--config", file];
  const topology = hosts === undefined ? undefined : weirTopology(hosts, extension !== undefined);
  const candidate = await start(name, place, port, command, l7, topology);
  try {
    // One of several hosts may accept before the others do.
    await untilReady(stateDirOf(directory));
  } catch (error) {
    await candidate.process[Symbol.asyncDispose]();
    throw error;
  }
  return candidate;
}

async function untilReady(stateDir: string): Promise<void> {
  const client = createClient(join(stateDir, SOCKET_NAME));
  const deadline = performance.now() + READY_MS_MAX;
  for (;;) {
    const { agent, problems } = await client.status();
    if (agent.state === "ready") return;
    if (performance.now() > deadline) throw new Error(`it is ${agent.state}, not ready: ${problems.join("; ")}`);
    await delay(READY_LOOK_MS);
  }
}

/** Without hosts the agent's own process does everything; else each host starts a process for the extension. */
function weirTopology(hosts: number, hasExtension: boolean): Topology {
  const launcherAndAgent = 2;
  const processesMin = launcherAndAgent + hosts * (hasExtension ? 2 : 1);
  // Where an extension host sees no processes but its own, a shell waits for its end.
  return { processesMin, processesMax: processesMin + (hasExtension ? hosts : 0), acceptors: Math.max(1, hosts) };
}

async function start(
  name: string,
  place: Place,
  port: number,
  command: readonly string[],
  hasPolicy: boolean,
  topology?: Topology,
): Promise<Candidate> {
  const process = await RunningProcess.start(pinned(place.pinning?.target, command), PROXY, port);
  return { name, address: `${PROXY}:${port}`, process, hasPolicy, topology };
}
