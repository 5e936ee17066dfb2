import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { findCassandra } from "../../scripts/ensure-cassandra.ts";
import { cassandraConfiguration, LOGGING } from "./cassandra-configuration.ts";
import { javaOptions } from "./cassandra-java.ts";
import { type RunningProcess, startProcess } from "./child-process.ts";

/** A real Cassandra that answers CQL, alone in its cluster unless it was told to join one. Its data centre is `datacenter1`. */
export interface Cassandra extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** `address:port` by which other servers find it. */
  readonly storage: string;
  readonly process: RunningProcess;
  /** Ends it and removes what it has written. */
  stop(): Promise<void>;
}

export interface CassandraOptions {
  /** Default: 127.0.0.1. */
  readonly address?: string;
  /** Whether it asks for passwords and has permissions; the role `cassandra` has this password and may do everything. */
  readonly auth?: boolean;
  /** Of CQL; default: one that the kernel chooses. */
  readonly port?: number;
  /** The server whose cluster it joins. There is no third. */
  readonly joins?: Cassandra;
  /** The address that it announces to drivers; default: its own. */
  readonly broadcastAddress?: string;
}

const START_TIMEOUT_MS = 90_000;
/** A port that was free may be taken by the time that the server wants it. */
const ATTEMPTS = 3;
/** Each server of two has half of the ring. */
const FIRST_TOKEN = "0";
const SECOND_TOKEN = "-9223372036854775807";
/** OPTIONS of protocol version 4, and what begins the answer. */
const OPTIONS_FRAME = Buffer.from("040000000500000000", "hex");
const SUPPORTED_OPCODE = 0x06;

/** Ports that are free on an address now. */
async function freePorts(address: string, count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, address));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

/** Fails unless the server answers OPTIONS. */
async function answers(address: string, port: number): Promise<void> {
  const socket = connect(port, address);
  try {
    socket.write(OPTIONS_FRAME);
    const [answer] = (await once(socket, "data")) as [Buffer];
    if (answer[4] !== SUPPORTED_OPCODE) throw new Error(`Cassandra answers OPTIONS with ${answer.toString("hex")}`);
  } finally {
    socket.destroy();
  }
}

async function startOnce(options: CassandraOptions): Promise<Cassandra> {
  const program = findCassandra();
  if (program === undefined) throw new Error("Cassandra is not here: node bin/node24.mjs scripts/ensure-cassandra.ts");
  const address = options.address ?? "127.0.0.1";
  const auth = options.auth ?? false;
  const [freePort, storagePort] = (await freePorts(address, 2)) as [number, number];
  const port = options.port ?? freePort;
  const storage = `${address}:${storagePort}`;
  const seed = options.joins?.storage ?? storage;
  const folder = await mkdtemp(join(tmpdir(), "weir-cassandra-"));
  let server: RunningProcess | undefined;
  const stop = async (): Promise<void> => {
    // It has nothing to save.
    server?.kill("SIGKILL");
    await server?.ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const settings = { folder, address, port, storagePort, auth, seed, broadcastAddress: options.broadcastAddress };
    await mkdir(join(folder, "conf"));
    await mkdir(join(folder, "tmp"));
    await writeFile(join(folder, "conf/cassandra.yaml"), cassandraConfiguration(settings));
    await writeFile(join(folder, "conf/logback.xml"), LOGGING);
    const agentJar = (await readdir(program.jars)).find((name) => /^jamm-.*\.jar$/.test(name));
    const token = options.joins === undefined ? FIRST_TOKEN : SECOND_TOKEN;
    const java = javaOptions(folder, program.jars, join(program.jars, agentJar ?? "jamm.jar"), token);
    server = await startProcess(program.java, java, { cwd: folder });
    await started(server, auth);
    await answers(address, port);
    await options.joins?.process.outputMatches(new RegExp(`${storage.replaceAll(".", "\\.")} is now UP`));
    return { address, port, storage, process: server, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function started(server: RunningProcess, auth: boolean): Promise<void> {
  const timer = setTimeout(() => server.kill("SIGKILL"), START_TIMEOUT_MS);
  try {
    // That it begins to listen is told before it does; this is told after.
    await server.outputMatches(/Startup complete/);
    // The role is made later still.
    if (auth) await server.outputMatches(/Created default superuser role/);
  } finally {
    clearTimeout(timer);
  }
}

/** Starts a real Cassandra and waits until it answers, which takes 5 to 15 s. Fails with what it said if it does not. */
export async function startCassandra(options: CassandraOptions = {}): Promise<Cassandra> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (attempt === ATTEMPTS || !/[Aa]ddress already in use|Failed to bind port/.test(String(error))) throw error;
    }
  }
}

/**
 * A real Cassandra for the length of one test or suite. Where it was not fetched the test is skipped (the caller returns on
 * `undefined`); with CI=true it fails.
 */
export async function cassandraOrSkip(t: TestContext, options: CassandraOptions = {}): Promise<Cassandra | undefined> {
  if (findCassandra() === undefined && process.env["CI"] !== "true") {
    t.skip("needs a real Cassandra, which is not here (node bin/node24.mjs scripts/ensure-cassandra.ts fetches it)");
    return undefined;
  }
  const cassandra = await startCassandra(options);
  t.after(() => cassandra.stop());
  return cassandra;
}
