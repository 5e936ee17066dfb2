// Hosts and agents in processes of their own, killed at random moments: each record is in the access log once, or is
// counted as lost.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readTallyFile } from "../../src/agent/records/read-tally-file.ts";

const HOSTS = 2;
const ROUNDS = Number(process.env["WEIR_RECORD_ROUNDS"] ?? 6);
const RECORDS_EACH = 20;

type Message = { readonly [name: string]: unknown };

/** What became of the records of one instance, when it has ended. */
interface Outcome {
  readonly made: number;
  readonly lost: number;
}

class World {
  readonly directory: string;
  readonly outcomes = new Map<string, Outcome>();
  readonly hosts: { instance: string; process: ChildProcess }[] = [];
  agent: ChildProcess | undefined;
  /** Of which instances the agent that is there has records. */
  private heard = new Set<string>();
  private starts = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  get log(): string {
    return join(this.directory, "access.log");
  }

  private start(program: string, ...parameters: string[]): ChildProcess {
    const path = fileURLToPath(new URL(program, import.meta.url));
    return fork(path, [join(this.directory, "s"), ...parameters], { execArgv: [], stdio: ["ignore", 2, 2, "ipc"] });
  }

  async startAgent(): Promise<void> {
    const agent = this.start("agent.ts", this.log, this.directory);
    this.agent = agent;
    const heard = new Set<string>();
    this.heard = heard;
    agent.on("message", (message: Message) => {
      if (typeof message["heard"] === "string") heard.add(message["heard"]);
    });
    await messageOf(agent, (message) => message["ready"] === true);
  }

  startHost(index: number): void {
    const instance = `${index}-${this.starts++}`;
    const tally = join(this.directory, `records-${index}`);
    this.hosts[index] = { instance, process: this.start("host.ts", instance, tally, String(RECORDS_EACH)) };
  }

  async killAgent(): Promise<void> {
    await killed(this.agent);
  }

  /** When the agent that is there has something of it: what was on its way to the one before is sorted out then. */
  async killHost(index: number): Promise<void> {
    const { instance, process } = this.hosts[index]!;
    while (!this.heard.has(instance)) await nextTurn();
    await someMoment(60);
    await killed(process);
    await this.account(index);
    this.startHost(index);
  }

  /** All that the host has is taken; it ends by itself. */
  async finishHost(index: number): Promise<void> {
    const { process } = this.hosts[index]!;
    const told = messageOf(process, (message) => "made" in message);
    process.send("stop");
    const counts = await told;
    await killed(process);
    const { instance, made } = await this.account(index);
    assert.deepEqual([counts["made"], counts["spooled"]], [made, 0]);
    assert.equal(this.outcomes.get(instance)?.lost, counts["lost"]);
  }

  private async account(index: number): Promise<Outcome & { instance: string }> {
    const { instance } = this.hosts[index]!;
    const tally = readTallyFile(join(this.directory, `records-${index}`));
    assert.equal(tally?.instance, instance);
    const told = messageOf(this.agent!, (message) => message["ended"] === instance);
    this.agent!.send({ index, instance });
    const { lost, unread } = await told;
    assert.equal(unread, 0);
    const outcome = { made: tally!.made, lost: lost as number };
    this.outcomes.set(instance, outcome);
    return { ...outcome, instance };
  }

  async end(): Promise<void> {
    await Promise.all([this.agent, ...this.hosts.map(({ process }) => process)].map(killed));
    await rm(this.directory, { recursive: true });
  }
}

function messageOf(process: ChildProcess, wanted: (message: Message) => boolean): Promise<Message> {
  return new Promise((resolve, reject) => {
    process.once("exit", () => reject(new Error("it has ended")));
    process.on("message", (message: Message) => {
      if (wanted(message)) resolve(message);
    });
  });
}

async function killed(process: ChildProcess | undefined): Promise<void> {
  if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
  const ended = once(process, "exit");
  process.kill("SIGKILL");
  await ended;
}

/** The numbers in the log, by instance; throws where a line is no JSON, unless whoever wrote it was killed. */
async function numbersIn(path: string): Promise<{ numbers: Map<string, number[]>; torn: number }> {
  const numbers = new Map<string, number[]>();
  let torn = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    let fields: { readonly instance: string; readonly name: string };
    try {
      fields = JSON.parse(line).fields;
    } catch {
      torn++;
      continue;
    }
    const list = numbers.get(fields.instance) ?? [];
    list.push(Number(fields.name));
    numbers.set(fields.instance, list);
  }
  return { numbers, torn };
}

/** A moment that nobody chose: whoever is killed then is in the middle of something. */
async function someMoment(msMax: number): Promise<void> {
  const end = performance.now() + Math.random() * msMax;
  while (performance.now() < end) await nextTurn();
}

test("agents and hosts are killed at random: each record is in the access log once, or counted as lost", async (t: TestContext) => {
  const world = new World(await mkdtemp(join(tmpdir(), "weir-records-")));
  t.after(() => world.end());
  await world.startAgent();
  for (let index = 0; index < HOSTS; index++) world.startHost(index);
  let agentsKilled = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await someMoment(150);
    await world.killAgent();
    agentsKilled++;
    await someMoment(100);
    await world.startAgent();
    if (round % 2 === 1) await world.killHost(Math.floor(Math.random() * HOSTS));
  }
  for (let index = 0; index < HOSTS; index++) await world.finishHost(index);
  await killed(world.agent);
  const { numbers, torn } = await numbersIn(world.log);
  let made = 0;
  let logged = 0;
  let lost = 0;
  for (const [instance, outcome] of world.outcomes) {
    const list = numbers.get(instance) ?? [];
    const different = new Set(list);
    assert.equal(different.size, list.length, `${instance}: ${list.length - different.size} lines are there twice`);
    assert.ok(
      list.every((number) => number < outcome.made),
      `${instance}: more than it made`,
    );
    assert.equal(list.length + outcome.lost, outcome.made, `${instance}: logged and lost are what was made`);
    made += outcome.made;
    logged += list.length;
    lost += outcome.lost;
  }
  assert.ok(logged > 1_000);
  t.diagnostic(
    `${made} records of ${world.outcomes.size} hosts, ${logged} logged, ${lost} lost; ${agentsKilled} agents killed, ${torn} lines torn`,
  );
});
