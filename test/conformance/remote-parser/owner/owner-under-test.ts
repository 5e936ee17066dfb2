import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { NOP, PASS, STATE, TAKEN } from "./operations.ts";
import type { Open } from "./owner-frame.ts";
import type { OwnerRule, RunningOwner, StartOwner } from "./owner-process.ts";
import { Peer } from "./peer.ts";
import { DECLARED, EXTENSION, ScriptedHost } from "./scripted-host.ts";
import type { ShownConnection } from "./shown-connection.ts";
import { Watch } from "./watch.ts";

const LOOPBACK = "127.0.0.1";
/** No check takes so long, unless it wants to. */
const STUCK_MS = 600_000;
/** An owner that cannot start ends: this is for one that waits. */
const START_MS = 60_000;

export const RULES: readonly OwnerRule[] = [
  { fields: { word: "yes" } },
  { fields: { word: "never" }, deny: true },
  { fields: {} },
];

/** A client and its server, with the owner between them. */
export class Talk {
  readonly client: Peer;
  readonly server: Peer;
  /** What the present host is shown of it. */
  shown!: ShownConnection;

  constructor(watch: Watch) {
    this.client = new Peer("client", watch);
    this.server = new Peer("server", watch);
  }

  /** The client's text goes to the server, and what it leaves behind is remembered. The owner has read all that was sent before. */
  async passes(text: string): Promise<void> {
    const { client, server, shown } = this;
    client.write(text);
    await shown.shown(0, client.length);
    const taken = shown.halves[0].inFlight.map(() => TAKEN);
    shown.decide(0, PASS(client.length - shown.halves[0].decided), STATE("passes"), NOP, ...taken);
    await server.gets(text);
    shown.told();
  }

  /** Both sides hear that it is over. */
  async isOver(): Promise<void> {
    await this.client.isEnded();
    this.client.end();
    await this.server.isEnded();
    this.server.end();
  }
}

export interface CheckOptions {
  /** Default: 1. */
  readonly hosts?: number;
  readonly stuckMs?: number;
}

/** The rig of one check: the owner, its hosts, its clients and its servers. */
export class OwnerUnderTest {
  readonly watch: Watch;
  readonly hosts: readonly ScriptedHost[];
  /** Port of the server. */
  readonly upstream: number;
  private readonly owner: RunningOwner;
  private readonly server: Server;
  private readonly talks: Talk[] = [];
  private readonly port: number;

  private constructor(owner: RunningOwner, port: number, server: Server, watch: Watch, inPieces: boolean) {
    this.owner = owner;
    this.port = port;
    this.server = server;
    this.upstream = portOf(server);
    this.watch = watch;
    this.hosts = owner.streams.map((stream) => new ScriptedHost(stream, inPieces, watch, (open) => this.sidesOf(open)));
    server.on("connection", (socket: Socket) => {
      const next = this.talks.find((talk) => !talk.server.isAttached && !talk.client.isOver);
      if (next === undefined) socket.destroy();
      else next.server.attach(socket);
      this.watch.changed();
    });
  }

  static async start(
    start: StartOwner,
    { hosts = 1, stuckMs = STUCK_MS }: CheckOptions,
    inPieces: boolean,
    answerMs: number,
  ): Promise<OwnerUnderTest> {
    const server = createServer({ allowHalfOpen: true }).listen(0, LOOPBACK);
    await once(server, "listening");
    const { version, fields } = DECLARED;
    const upstream = portOf(server);
    const extension = { extension: EXTENSION, version, fields: fields as Readonly<Record<string, { exact: true }>> };
    const owner = start({ upstream, ...extension, rules: RULES, hosts, stuckMs });
    const late = setTimeout(
      () => refuse(new Error(`it does not say where it listens within ${START_MS} ms`)),
      START_MS,
    );
    const { promise: refused, reject: refuse } = Promise.withResolvers<never>();
    try {
      return new OwnerUnderTest(
        owner,
        await Promise.race([owner.port, refused]),
        server,
        new Watch(answerMs),
        inPieces,
      );
    } catch (error) {
      server.close();
      await owner.dispose();
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  /** The first host that the owner has not had yet; it has said READY. */
  async host(number = 0): Promise<ScriptedHost> {
    const host = this.hosts[number] as ScriptedHost;
    await host.greeted();
    return host.ready();
  }

  /** A client that has connected. */
  async dial(): Promise<Talk> {
    const talk = new Talk(this.watch);
    this.talks.push(talk);
    const socket = connect({ host: LOOPBACK, port: this.port, allowHalfOpen: true });
    // Before it is connected: OPEN may come first.
    talk.client.attach(socket);
    // It may be closed at once.
    await once(socket, "connect").catch(() => undefined);
    return talk;
  }

  /** A connection that goes on to its server. */
  async through(): Promise<Talk> {
    const talk = await this.dial();
    await this.watch.until(
      () => talk.server.isAttached,
      () => "the connection to the server",
    );
    return talk;
  }

  /** A connection that this host has opened. */
  async connect(host: ScriptedHost, resumes = true): Promise<Talk> {
    const talk = await this.through();
    talk.shown = (await host.opened(talk.client)).opened(resumes);
    return talk;
  }

  /** The connection goes on with this host, which has opened it. */
  async resumed(talk: Talk, host: ScriptedHost): Promise<ShownConnection> {
    talk.shown = (await host.opened(talk.client)).opened();
    return talk.shown;
  }

  /** Policy changes. */
  change(rules: readonly OwnerRule[]): void {
    this.owner.change({ rules });
  }

  /** The end of every check: no host comes back, and nobody gets anything that was not decided. */
  async finish(): Promise<void> {
    for (const host of this.hosts) host.die();
    for (const talk of this.talks) {
      await talk.client.isEnded();
      talk.client.end();
      if (talk.server.isAttached) await talk.server.isEnded();
    }
    this.watch.assertRight();
  }

  async dispose(): Promise<void> {
    for (const { client, server } of this.talks) {
      client.destroy();
      server.destroy();
    }
    this.server.close();
    await this.owner.dispose();
  }

  private sidesOf({ info }: Open): readonly [Peer, Peer] | undefined {
    const talk = this.talks.find(({ client }) => info.source.address === `${LOOPBACK}:${client.port}`);
    return talk && [talk.client, talk.server];
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
