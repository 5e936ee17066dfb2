import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { AccessLogRecord } from "../../src/api/access-log-record.ts";
import type { NumericIdentity, PolicyRevision, Port } from "../../src/api/identity.ts";
import { EmbeddedDataPlane, type EmbeddedOptions } from "../../src/datapath/embedded/embedded-data-plane.ts";
import type { PeerIdentity } from "../../src/datapath/embedded/identity-lookup.ts";
import { parseAddress } from "../../src/lib/ip/address.ts";
import type { ConnectionVerdict, Decision, DirectionPolicy, EndpointPolicy } from "../../src/policy/endpoint-policy.ts";
import { constantMatcher } from "../../src/policy/request/constant-matcher.ts";
import { Instance } from "../../src/proxylib/instance.ts";
import type { Extension } from "../../src/proxylib/parser.ts";
import { PolicyMap } from "../../src/proxylib/policy-map.ts";
import type { RecordSink } from "../../src/proxylib/record-sink.ts";
import { ExtensionRegistry } from "../../src/proxylib/registry.ts";

export const SERVER: NumericIdentity = 300 as NumericIdentity;
export const CLIENT: NumericIdentity = 301 as NumericIdentity;
export const WORLD: NumericIdentity = 2 as NumericIdentity;
export const CLIENT_ADDRESS = "127.0.1.1";
/** Of no endpoint. */
export const STRANGER_ADDRESS = "127.0.1.66";
const SERVER_ADDRESS = "127.0.2.1";

export const PEERS: Readonly<Record<string, PeerIdentity>> = {
  [SERVER_ADDRESS]: { identity: SERVER, labels: ["unspec:app=server"], endpoint: "server" },
  [CLIENT_ADDRESS]: { identity: CLIENT, labels: ["unspec:app=client"], endpoint: "client" },
};
/** What goes on in a process alone is never described to another one. */
const NOT_DESCRIBED = constantMatcher({ allowed: false, audited: false, origin: undefined });
const NOBODY: PeerIdentity = { identity: WORLD, labels: ["reserved:world"] };

export type Recorded = Pick<AccessLogRecord, "type" | "verdict" | "proto"> & {
  readonly fields: Readonly<Record<string, string>>;
  readonly policy: string | undefined;
  readonly effect: "deny" | "missing" | undefined;
  readonly identities: readonly [source: number, destination: number];
  readonly source: string;
  readonly destination: string;
};

export const ALLOWED: ConnectionVerdict = {
  kind: "allowed",
  origin: { policy: "rule", rule: "spec.ingress[0]", labels: [] },
};
export const DENIED: ConnectionVerdict = { kind: "denied", reason: "no rule allows it", origin: undefined };

/** Passes, and would not if what is audited were enforced. */
export const AUDITED: ConnectionVerdict = {
  kind: "allowed",
  origin: { policy: "later", rule: "spec.ingress[0]", labels: [], effect: "missing" },
  audit: "no rule allows it",
};

/** Everything passes, and is read; what `allows` refuses would be missing a rule. */
export function observed(parser: string, allows: (request: unknown) => boolean = () => true): ConnectionVerdict {
  const origin = { policy: "rule", rule: "spec.ingress[0]", labels: [] };
  const missing = { ...origin, effect: "missing" } as const;
  const match = (request: unknown): Decision =>
    allows(request) ? { allowed: true, audited: false, origin } : { allowed: true, audited: true, origin: missing };
  return { kind: "l7", parser, origin, mode: "observe", matcher: { ...NOT_DESCRIBED, match } };
}

export function l7(parser: string, allows: (request: unknown) => boolean = () => true): ConnectionVerdict {
  const origin = { policy: "rule", rule: "spec.ingress[0].toPorts[0].rules.l7[0]", labels: [] };
  return {
    kind: "l7",
    parser,
    origin,
    mode: "enforce",
    matcher: {
      ...NOT_DESCRIBED,
      match: (request) => ({ allowed: allows(request), audited: false, origin: allows(request) ? origin : undefined }),
    },
  };
}

let revision = 0;

/** A policy of which one direction says the same to everybody but strangers, who are denied. */
export function policyOf(endpoint: string, verdict: ConnectionVerdict, direction = "ingress"): EndpointPolicy {
  const some: DirectionPolicy = { enforced: true, lookup: (remote) => (remote === WORLD ? DENIED : verdict) };
  const none: DirectionPolicy = { enforced: true, lookup: () => DENIED };
  return {
    endpoint,
    identity: SERVER,
    revision: ++revision as PolicyRevision,
    ingress: direction === "ingress" ? some : none,
    egress: direction === "egress" ? some : none,
  };
}

export interface Rig {
  readonly plane: EmbeddedDataPlane;
  readonly records: Recorded[];
  readonly upstreamSockets: Socket[];
  readonly upstreamPort: number;
  /** Who has which address. May be changed; the data plane learns of it by `identitiesChanged`. */
  readonly peers: Map<string, PeerIdentity>;
  /** Opens a connection to the data plane. Half-open is allowed, errors are kept for `ending`. */
  connect(from?: string): Promise<Socket>;
  /** Resolves with the first record that fits. */
  recorded(fits: (record: Recorded) => boolean): Promise<Recorded>;
}

export interface RigOptions {
  readonly policy?: EndpointPolicy;
  /** Called for each connection that reaches the upstream. */
  readonly upstream?: (socket: Socket) => void;
  readonly extensions?: readonly Extension[];
  readonly endpoint?: string;
  readonly direction?: "ingress" | "egress";
  readonly plane?: Partial<Pick<EmbeddedOptions, "limits" | "connector" | "identities" | "reusePort">>;
}

/** An upstream and a data plane in front of it, on loopback, both ended with the test. */
export async function startRig(test: TestContext, options: RigOptions = {}): Promise<Rig> {
  const upstreamSockets: Socket[] = [];
  const server = await listen((socket) => {
    upstreamSockets.push(socket);
    endings.set(socket, observe(socket));
    options.upstream?.(socket);
  });
  const upstreamPort = portOf(server);
  const { records, sink, recorded } = collector();
  const registry = new ExtensionRegistry();
  for (const extension of options.extensions ?? []) registry.add(extension);
  const policies = new PolicyMap();
  const peers = new Map(Object.entries(PEERS));
  const direction = options.direction ?? "ingress";
  const endpoint = options.endpoint ?? "server";
  const plane = new EmbeddedDataPlane({
    redirects: [
      {
        listen: { address: parseAddress("127.0.0.1")!, port: 0 },
        upstream: { address: parseAddress(SERVER_ADDRESS)!, port: upstreamPort as Port },
        endpoint,
        direction,
      },
    ],
    identities: {
      ofAddress: (address) => peers.get(address.toString()) ?? NOBODY,
      ofEndpoint: (name) => [...peers.values()].find((peer) => peer.endpoint === name),
    },
    opener: new Instance({ extensions: registry, policies, records: sink }),
    policies,
    records: sink,
    ...options.plane,
  });
  await plane.apply(options.policy ?? policyOf(endpoint, ALLOWED, direction));
  await plane.start();
  test.after(async () => {
    await plane.stop(0);
    for (const socket of upstreamSockets) socket.destroy();
    server.close();
  });
  const connectFrom = async (from = CLIENT_ADDRESS): Promise<Socket> => {
    const port = Number(plane.status().listeners[0]?.listen.split(":")[1]);
    const socket = connect({ host: "127.0.0.1", port, localAddress: from, allowHalfOpen: true });
    test.after(() => socket.destroy());
    // The outcome is asked for later, by `ending`; until then an error must not end the process.
    endings.set(socket, observe(socket));
    // A refusal may arrive together with the connection itself.
    await Promise.race([new Promise((resolve) => socket.once("connect", resolve)), ending(socket)]);
    return socket;
  };
  return { plane, records, upstreamSockets, upstreamPort, peers, connect: connectFrom, recorded };
}

const endings = new WeakMap<Socket, Promise<string>>();

function observe(socket: Socket): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  socket.on("close", () => resolve("closed"));
  return promise;
}

/** How a socket ended: `ECONNRESET`, or `closed`. */
export function ending(socket: Socket): Promise<string> {
  const known = endings.get(socket) ?? observe(socket);
  endings.set(socket, known);
  return known;
}

export async function listen(onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, onConnection).listen(0, "0.0.0.0");
  await once(server, "listening");
  return server;
}

export function portOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}

/** Everything until the other side's end of stream. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Resolves when the condition holds; looked at after every turn of the event loop. The test runner's limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Writes until nobody takes anything for a while, but at most 64 MiB. @returns Bytes that were written. */
export async function writeUntilStuck(socket: Socket, chunk: Buffer): Promise<number> {
  let written = 0;
  // Everything between the two ends is full when the kernel takes nothing for a while.
  for (let idleTurns = 0; idleTurns < 2_000 && written < 64 * 1_048_576; idleTurns++) {
    if (socket.writableLength === 0) {
      socket.write(chunk);
      written += chunk.length;
      idleTurns = 0;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return written;
}

function collector(): { records: Recorded[]; sink: RecordSink; recorded: Rig["recorded"] } {
  const records: Recorded[] = [];
  const sink: RecordSink = {
    record: (connection, type, verdict, origin, fields) => {
      records.push({
        type,
        verdict,
        proto: connection.proto,
        fields,
        policy: origin?.policy,
        effect: origin?.effect,
        identities: [connection.source.identity, connection.destination.identity],
        source: connection.source.address,
        destination: connection.destination.address,
      });
    },
  };
  const recorded = async (fits: (record: Recorded) => boolean): Promise<Recorded> => {
    await until(() => records.some(fits));
    return records.find(fits)!;
  };
  return { records, sink, recorded };
}
