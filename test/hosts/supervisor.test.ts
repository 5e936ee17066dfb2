// The supervisor of hosts with real processes: killed, frozen, left behind, replaced.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { processStart } from "../../src/agent/process-start.ts";
import { endHostProcesses, hostProcesses } from "../support/host-processes.ts";
import type { AttachServer } from "./attach-server.ts";
import {
  type RealSupervisorOptions,
  type ReportedHost,
  type SupervisorEvent,
  startSupervisor,
} from "./real-supervisor.ts";

/** What supervisors have told, and whoever waits for something of it. */
class Events {
  readonly all: SupervisorEvent[] = [];
  /** The last word on who there is. */
  hosts: readonly ReportedHost[] = [];
  private readonly waiting = new Set<() => void>();

  readonly add = (event: SupervisorEvent): void => {
    if (event.kind === "reports") this.hosts = event.reports;
    else this.all.push(event);
    for (const look of this.waiting) look();
  };

  /** Settles as soon as something holds. */
  when<T>(find: () => T | undefined | false): Promise<T> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined || found === false) return;
        this.waiting.delete(look);
        resolve(found);
      };
      this.waiting.add(look);
      look();
    });
  }

  /** The hosts, when there are so many and all serve. */
  serving(count: number): Promise<readonly ReportedHost[]> {
    return this.when(() => {
      const { hosts } = this;
      return hosts.length === count && hosts.every(({ state }) => state === "running") && hosts;
    });
  }

  ended(pid: number): Promise<string> {
    return this.when(() => {
      const end = this.all.find((event) => event.kind === "ended" && event.pid === pid);
      return end?.kind === "ended" && end.reason;
    });
  }
}

/** A state directory, and what a test has started there: supervisors end before their hosts, hosts before it goes. */
class World {
  readonly stateDir: string;
  private readonly stops: (() => Promise<void>)[] = [];

  private constructor(stateDir: string) {
    this.stateDir = stateDir;
  }

  static async create(t: TestContext): Promise<World> {
    const world = new World(await mkdtemp(join(tmpdir(), "weir-supervisor-")));
    t.after(() => world.end());
    return world;
  }

  /** A supervisor in this process. */
  async supervise(options: Options): Promise<Supervised> {
    const events = new Events();
    const { stateDir } = this;
    const { supervisor, server } = await startSupervisor({ ...options, stateDir, onEvent: events.add });
    const stop = async (): Promise<void> => {
      await supervisor.stop(10_000);
      server.close();
    };
    this.stops.push(stop);
    return { events, server, stop };
  }

  /** A supervisor in a process of its own. */
  superviseApart(options: Options): SupervisedApart {
    const events = new Events();
    const { stateDir } = this;
    const program = join(import.meta.dirname, "supervisor-process.ts");
    const supervisor = spawn(
      process.execPath,
      ["--conditions=weir-source", program, JSON.stringify({ ...options, stateDir })],
      { stdio: ["ignore", "ignore", "inherit", "ipc"] },
    );
    supervisor.on("message", (message) => events.add(message as SupervisorEvent));
    this.stops.push(async () => {
      if (supervisor.exitCode === null && supervisor.signalCode === null) await end(supervisor, "SIGKILL");
    });
    return { events, process: supervisor };
  }

  private async end(): Promise<void> {
    await Promise.all(this.stops.map((stop) => stop()));
    await endHostProcesses(this.stateDir);
    await rm(this.stateDir, { recursive: true });
  }
}

type Options = Omit<RealSupervisorOptions, "onEvent" | "stateDir">;

interface Supervised {
  readonly events: Events;
  readonly server: AttachServer;
  stop(): Promise<void>;
}

interface SupervisedApart {
  readonly events: Events;
  readonly process: ChildProcess;
}

async function end(supervisor: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(supervisor, "exit");
  supervisor.kill(signal);
  await ended;
}

const pidsOf = (hosts: readonly ReportedHost[]): number[] => hosts.map(({ pid }) => pid).sort();

/** Settles when there is no such process any more. */
async function gone(pid: number): Promise<void> {
  while (processStart(pid) !== "") await new Promise((resolve) => setImmediate(resolve));
}

test("a killed host is told with its reason and replaced; its own children go with it, other hosts do not", async (t) => {
  const world = await World.create(t);
  const { stateDir } = world;
  const { events, stop } = await world.supervise({ hosts: 2 });
  const [one, two] = await events.serving(2);
  assert.ok(one && two && processStart(one.child) !== "");
  process.kill(one.pid, "SIGKILL");
  assert.equal(await events.ended(one.pid), "killed by SIGKILL");
  await gone(one.child);
  const after = await events.when(() => {
    const { hosts } = events;
    return hosts.every(({ pid, state }) => state === "running" && pid !== one.pid) && hosts.length === 2 && hosts;
  });
  assert.equal(after[1]?.pid, two.pid);
  assert.deepEqual(pidsOf(after), [...(await hostProcesses(stateDir))].sort());
  await stop();
  assert.deepEqual(await hostProcesses(stateDir), []);
  for (const { pid, child } of after) {
    assert.equal(await events.ended(pid), "was told to end, and exited with code 0");
    await gone(child);
  }
});

test("a frozen host is killed and replaced", async (t) => {
  const world = await World.create(t);
  const { events } = await world.supervise({ hosts: 1, haste: 4 });
  const [host] = await events.serving(1);
  assert.ok(host);
  process.kill(host.pid, "SIGSTOP");
  assert.equal(await events.ended(host.pid), "did not report for 10 s and was killed");
  await events.when(() => events.hosts[0]?.state === "running" && events.hosts[0].pid !== host.pid);
});

test("only the process itself has its token, and it has nothing else of the agent's environment", async (t) => {
  const world = await World.create(t);
  const { stateDir } = world;
  process.env["SECRET_OF_THE_AGENT"] = "do not tell";
  t.after(() => delete process.env["SECRET_OF_THE_AGENT"]);
  const { events, server } = await world.supervise({ hosts: 1 });
  const [host] = await events.serving(1);
  const [token] = server.tokens;
  assert.ok(host && token !== undefined);
  const commandLine = await readFile(`/proc/${host.pid}/cmdline`, "utf8");
  assert.ok(commandLine.includes(`--host=0\0--state-dir=${stateDir}`));
  const environment = await readFile(`/proc/${host.pid}/environ`, "utf8");
  assert.ok(environment.includes("PATH=") && !environment.includes("SECRET_OF_THE_AGENT"));
  const files = (await readdir(stateDir)).filter((name) => name.endsWith(".json"));
  assert.deepEqual(files, ["hosts.json"]);
  const list = await readFile(join(stateDir, "hosts.json"), "utf8");
  for (const text of [commandLine, environment, list]) assert.ok(!text.includes(token));

  const hash = (JSON.parse(list) as { readonly hosts: readonly { readonly tokenHash: string }[] }).hosts[0]?.tokenHash;
  for (const wrong of [`${token.slice(0, -2)}xx`, hash ?? ""]) {
    const socket = connect(join(stateDir, "attach.sock"));
    socket.write(`${JSON.stringify({ token: wrong })}\n`);
    const answer = (await once(socket, "data")) as [Buffer];
    assert.equal(answer[0].toString(), "refused\n");
    socket.destroy();
  }
});

test("hosts outlive a killed supervisor, and the next one adopts them", async (t) => {
  const world = await World.create(t);
  const { stateDir } = world;
  const first = world.superviseApart({ hosts: 2 });
  const before = await first.events.serving(2);
  await end(first.process, "SIGKILL");
  await rm(join(stateDir, "attach.sock"));
  assert.deepEqual([...(await hostProcesses(stateDir))].sort(), pidsOf(before));

  const { events, stop } = await world.supervise({ hosts: 2 });
  const after = await events.serving(2);
  assert.deepEqual(pidsOf(after), pidsOf(before));
  assert.deepEqual(
    events.all.map(({ kind }) => kind),
    ["adopted", "adopted"],
  );
  const [one, two] = after;
  assert.ok(one && two);
  process.kill(one.pid, "SIGKILL");
  assert.match(await events.ended(one.pid), /^ended; how is not known/);
  await gone(one.child);
  await events.when(() => events.hosts[0]?.state === "running" && events.hosts[0].pid !== one.pid);
  await stop();
  assert.deepEqual(await hostProcesses(stateDir), []);
  assert.match(await events.ended(two.pid), /^was told to end/);
});

test("a detached end leaves the hosts; with another configuration they are replaced in good order", async (t) => {
  const world = await World.create(t);
  const { stateDir } = world;
  const first = world.superviseApart({ hosts: 1, detach: true });
  const [before] = await first.events.serving(1);
  assert.ok(before);
  await end(first.process, "SIGTERM");
  assert.equal(first.process.exitCode, 0);
  assert.deepEqual(await hostProcesses(stateDir), [before.pid]);

  const second = await world.supervise({ hosts: 1, logLevel: "debug" });
  assert.match(await second.events.ended(before.pid), /^was told to end, and ended/);
  const [after] = await second.events.serving(1);
  assert.notEqual(after?.pid, before.pid);
  const kinds = second.events.all.map(({ kind }) => kind);
  assert.deepEqual(kinds, ["started", "ended"], "the old one served until the new one did");
  await second.stop();

  const third = await world.supervise({ hosts: 0 });
  assert.deepEqual(third.events.all, []);
});

test("with no hosts any more, those that are left are ended before the agent goes on", async (t) => {
  const world = await World.create(t);
  const { stateDir } = world;
  const first = world.superviseApart({ hosts: 2 });
  const before = await first.events.serving(2);
  await end(first.process, "SIGKILL");
  await rm(join(stateDir, "attach.sock"));
  const { events } = await world.supervise({ hosts: 0 });
  for (const { pid } of before) assert.match(await events.ended(pid), /^was told to end/);
  assert.deepEqual(await hostProcesses(stateDir), []);
});

test("a process that has the number of a former host is left alone", async (t) => {
  const world = await World.create(t);
  const { stateDir } = world;
  const innocent = spawn("sleep", ["3600"], { stdio: "ignore", detached: true });
  t.after(() => innocent.kill("SIGKILL"));
  await once(innocent, "spawn");
  const first = world.superviseApart({ hosts: 1 });
  const [host] = await first.events.serving(1);
  assert.ok(host);
  await end(first.process, "SIGKILL");
  const file = join(stateDir, "hosts.json");
  const list = await readFile(file, "utf8");
  process.kill(-host.pid, "SIGKILL");
  await gone(host.pid);
  await writeFile(file, list.replace(`"pid":${host.pid}`, `"pid":${innocent.pid}`));
  await rm(join(stateDir, "attach.sock"));
  const { events, stop } = await world.supervise({ hosts: 1 });
  await events.serving(1);
  assert.equal(await events.ended(innocent.pid as number), "ended while no agent ran");
  await stop();
  assert.notEqual(processStart(innocent.pid as number), "");
  assert.equal(innocent.signalCode, null);
});
