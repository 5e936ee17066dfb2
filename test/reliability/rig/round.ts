import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentEvents, hostedAgentEvents } from "../events/agent-events.ts";
import type { BatteryEvent, Loss, Scene, Side } from "../events/event.ts";
import { hostEvents } from "../events/host-events.ts";
import { answersMeanwhile } from "../events/pause.ts";
import { upstreamEvents } from "../events/upstream-events.ts";
import type { Load, ProtocolName } from "../load/protocol.ts";
import { PROTOCOLS } from "../load/protocols.ts";
import { hashOf, oneOf, type Random, randomFrom } from "../load/random.ts";
import { Agent, listenPortOf } from "./agent.ts";
import { Clients } from "./clients.ts";
import { type EventOutcome, judgeEvent } from "./event-outcome.ts";
import { processesOf } from "./process-table.ts";
import { RealMemcached } from "./real-memcached.ts";
import { judgeRound, type RoundOutcome } from "./round-outcome.ts";
import { CLIENT_ADDRESS, configurationOf, policyOf, type Topology, topologyName, UPSTREAM_HOSTS } from "./topology.ts";
import { until } from "./until.ts";
import { CheckingUpstream, type Upstream } from "./upstream.ts";

export interface RoundOptions {
  readonly topology: Topology;
  readonly seed: number;
  /** Of each protocol. */
  readonly connections: number;
  /** How many of them, or until when (milliseconds since the epoch). */
  readonly events: number;
  /** Names of those that may come. Default: all that fit the set-up. */
  readonly only?: readonly string[];
  readonly until?: number;
  /** Requests of each protocol between two events, at most. */
  readonly answersBetween: number;
  say(line: string): void;
}

const hostedEvents: readonly BatteryEvent[] = [...hostEvents, ...hostedAgentEvents];

const NAMES: readonly ProtocolName[] = ["memcached", "framed"];
const REQUESTS_MAX = 600;
const DENIED_EVERY = 6;

/** Puts weir under load, does it harm again and again, and says what came of it. Leaves nothing behind. */
export async function runRound(options: RoundOptions): Promise<RoundOutcome> {
  const folder = await mkdtemp(join(tmpdir(), "weir-battery-"));
  const mark = folder.split("/").at(-1) as string;
  const round = new Round(options, folder, mark);
  try {
    return await round.run();
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${round.diagnosis()}`, { cause: error });
  } finally {
    await round.end();
    await endAll(mark);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Hosts outlive their agent: they are found by what they inherited. */
async function endAll(mark: string): Promise<void> {
  await until("all processes to end", () => {
    const left = processesOf(mark);
    for (const { pid } of left) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended meanwhile.
      }
    }
    return left.length === 0;
  });
}

class Round {
  private readonly options: RoundOptions;
  private readonly folder: string;
  private readonly mark: string;
  private readonly random: Random;
  private readonly upstreams: Upstream[] = [];
  private readonly clients: Clients[] = [];
  private readonly lines: string[] = [];
  private readonly startedAt = Date.now();
  private agent: Agent | undefined;

  constructor(options: RoundOptions, folder: string, mark: string) {
    this.options = options;
    this.folder = folder;
    this.mark = mark;
    this.random = randomFrom(hashOf(options.seed, 100));
  }

  async run(): Promise<RoundOutcome> {
    const scene = await this.setUp();
    const outcomes: EventOutcome[] = [];
    for (const event of this.events()) outcomes.push(await this.play(scene, event));
    const rows = new Map([...scene.protocols].map(([name, { clients }]) => [name, clients.rows]));
    const before = [...rows].map(([name, all]) => [name, all.length] as const);
    await Promise.all(this.clients.map((clients) => clients.order({ kind: "finish" })));
    return await judgeRound({ scene, outcomes, finishedFrom: new Map(before), mark: this.mark });
  }

  /** For a failure: all that was done and said. */
  diagnosis(): string {
    const { seed, topology, connections } = this.options;
    return [
      `seed ${seed}, ${topologyName(topology)}, ${connections} connections of each protocol`,
      ...this.lines,
      ...this.upstreams.flatMap((upstream) => upstream.problems().map(({ text }) => `upstream: ${text}`)),
      "the agent and its hosts wrote:",
      this.agent?.log() ?? "nothing",
    ].join("\n");
  }

  async end(): Promise<void> {
    await Promise.all([...this.clients, ...this.upstreams].map((one) => one.stop()));
    this.agent?.kill("SIGKILL");
    await this.agent?.ended();
  }

  private async setUp(): Promise<Scene> {
    const { topology, connections, seed } = this.options;
    const shapes = NAMES.map((name) => ({ name, load: this.loadOf(name, seed) }));
    for (const { name, load } of shapes) {
      const real = name === "memcached" && topology.memcached === "real";
      const upstream = new (real ? RealMemcached : CheckingUpstream)(load, UPSTREAM_HOSTS[name], this.folder);
      this.upstreams.push(upstream);
      await upstream.start();
    }
    const [memcached, framed] = this.upstreams.map(({ port }) => port) as [number, number];
    const ports = { memcached, framed };
    this.agent = new Agent(this.folder, this.mark, {
      configuration: configurationOf(topology, ports),
      policy: policyOf(ports),
    });
    const agentOptions = topology.hosts === 0 ? [] : ["--detach-hosts"];
    await this.agent.start(...agentOptions);
    const status = await this.agent.ready();
    const protocols = new Map<ProtocolName, Side>();
    for (const [index, { name, load }] of shapes.entries()) {
      const to = { host: "127.0.0.1", port: listenPortOf(status, name) };
      const clients = new Clients({ kind: "begin", load, connections, to, from: CLIENT_ADDRESS }, this.folder);
      this.clients.push(clients);
      protocols.set(name, { clients, upstream: this.upstreams[index] as Upstream });
    }
    await Promise.all(this.clients.map((clients) => clients.order({ kind: "progress", count: 1 })));
    return { topology, agent: this.agent, protocols, random: this.random, agentOptions, say: (text) => this.say(text) };
  }

  private loadOf(name: ProtocolName, seed: number): Load {
    const shape = { seed, commands: PROTOCOLS[name].commands, deniedEvery: DENIED_EVERY, requestsMax: REQUESTS_MAX };
    return { protocol: name, shape };
  }

  /** Every kind once in a random order, then again. */
  private *events(): Generator<BatteryEvent> {
    const { topology, only } = this.options;
    const fitting = [...agentEvents, ...upstreamEvents, ...(topology.hosts === 0 ? [] : hostedEvents)];
    const all = fitting.filter(({ name }) => only?.includes(name) ?? true);
    let left: BatteryEvent[] = [];
    for (let count = 0; count < this.options.events; count++) {
      if (this.options.until !== undefined && Date.now() > this.options.until) return;
      if (left.length === 0) left = [...all];
      const event = oneOf(this.random, left);
      left.splice(left.indexOf(event), 1);
      yield event;
    }
  }

  private async play(scene: Scene, event: BatteryEvent): Promise<EventOutcome> {
    await answersMeanwhile(scene, 1, this.options.answersBetween);
    const before = new Map([...scene.protocols].map(([name, { clients }]) => [name, clients.rows.length]));
    await Promise.all(this.clients.map((clients) => clients.order({ kind: "mark" })));
    this.say(event.name);
    const startedAt = performance.now();
    let loss: Loss;
    try {
      loss = await event.run(scene);
      await scene.agent.ready();
      await Promise.all(this.clients.map((clients) => clients.order({ kind: "progress", count: 2 })));
    } catch (error) {
      throw new Error(`${event.name}: ${(error as Error).message}`, { cause: error });
    }
    const marks = await Promise.all(this.clients.map((clients) => clients.order({ kind: "mark" })));
    const stallMs = Math.max(...marks.map((mark) => mark.stallMs));
    const outcome = judgeEvent({
      event: event.name,
      loss,
      scene,
      before,
      stallMs,
      tookMs: performance.now() - startedAt,
    });
    this.say(`${event.name}: ${outcome.broken} connections broke, longest stall ${Math.round(stallMs)} ms`);
    if (outcome.problems.length > 0) throw new Error(`${event.name}: ${outcome.problems.join("\n")}`);
    return outcome;
  }

  private say(text: string): void {
    const line = `${((Date.now() - this.startedAt) / 1000).toFixed(2).padStart(8)} s  ${text}`;
    this.lines.push(line);
    this.options.say(line);
  }
}
