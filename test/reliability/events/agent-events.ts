import type { HostReport } from "../../../src/api/rest.ts";
import { oneOf } from "../load/random.ts";
import { listenPortOf } from "../rig/agent.ts";
import { type BatteryEvent, type Loss, NO_LOSS, type Scene } from "./event.ts";
import { answersMeanwhile, freeze } from "./pause.ts";
import { portsOf, takeDown } from "./take-down.ts";

/** The data plane lives in the agent, and ends with it. */
function allLost(from: number, to: number): Loss {
  return { mayBreak: () => true, mayRefuse: () => true, recordsGone: { from, to } };
}

/** Lines of the access log wait so long, at most, before they are handed to the kernel. */
const UNWRITTEN_MS = 1_000;

const KILLED_ALONE: Loss = { ...NO_LOSS, mayTearLine: true };

async function startAgain(scene: Scene): Promise<void> {
  await scene.agent.start(...scene.agentOptions);
  const status = await scene.agent.ready();
  for (const [protocol, { clients }] of scene.protocols) {
    await clients.order({ kind: "to", port: listenPortOf(status, protocol) });
  }
}

/** Ends the agent of a single process. */
async function endSingle(scene: Scene, signal: NodeJS.Signals): Promise<Loss> {
  await scene.agent.keepCounts();
  const endedAt = Date.now();
  scene.agent.kill(signal);
  await scene.agent.ended();
  await startAgain(scene);
  // An agent that ends in good order writes everything.
  const loss = allLost(endedAt - UNWRITTEN_MS, endedAt + UNWRITTEN_MS);
  return signal === "SIGKILL" ? { ...loss, mayTearLine: true } : { mayBreak: loss.mayBreak, mayRefuse: loss.mayRefuse };
}

interface Meanwhile {
  /** Done while no agent runs. */
  readonly act: () => Promise<void>;
  /** A host that ends with it, and is not adopted. */
  readonly ends?: HostReport;
}

/** Ends the agent, lets its hosts go on alone, and starts another one that must adopt them all. */
async function endAndAdopt(scene: Scene, signal: NodeJS.Signals, meanwhile?: Meanwhile): Promise<Loss> {
  const before = await scene.agent.hosts();
  const ports = portsOf(scene, await scene.agent.status());
  await scene.agent.keepCounts();
  scene.agent.kill(signal);
  await scene.agent.ended();
  scene.say(`the agent has ended; hosts ${before.map(({ pid }) => pid).join(", ")} go on`);
  await answersMeanwhile(scene, 20, 400);
  await meanwhile?.act();
  await startAgain(scene);
  const after = await scene.agent.hosts();
  for (const { index, pid } of before) {
    const now = after[index];
    const replaced = pid === meanwhile?.ends?.pid;
    if (now?.adopted !== !replaced || (now.pid === pid) === replaced)
      throw new Error(`the agent did not ${replaced ? "replace" : "adopt"} host ${pid}: ${JSON.stringify(after)}`);
  }
  // The configuration asks for any port. With the last host, nobody is left who knows which one it was.
  if (meanwhile?.ends !== undefined && before.length === 1) return KILLED_ALONE;
  const portsNow = portsOf(scene, await scene.agent.status());
  for (const [name, port] of ports)
    if (portsNow.get(name) !== port)
      throw new Error(`the listener of ${name} moved from ${port} to ${portsNow.get(name)}`);
  return signal === "SIGKILL" ? KILLED_ALONE : NO_LOSS;
}

/** While nobody watches the hosts, one of them loses the process that its extension runs in. */
async function endWithExtensionHost(scene: Scene): Promise<Loss> {
  const extensionHost = oneOf(scene.random, await scene.agent.hosts()).extensionHosts[0];
  if (extensionHost === undefined) throw new Error("no extension host runs");
  const act = async (): Promise<void> => {
    scene.say(`SIGKILL to the extension host ${extensionHost.pid}`);
    process.kill(extensionHost.pid, "SIGKILL");
    await answersMeanwhile(scene, 200, 600);
  };
  return await endAndAdopt(scene, "SIGKILL", { act });
}

/** While nobody could start another one, a host is killed. */
async function endWithHost(scene: Scene): Promise<Loss> {
  const status = await scene.agent.status();
  const host = oneOf(scene.random, await scene.agent.hosts());
  let loss = NO_LOSS;
  const act = async (): Promise<void> => {
    loss = takeDown(scene, host, portsOf(scene, status), "SIGKILL");
    // The others go on, where there are any.
    if (scene.topology.hosts > 1) await answersMeanwhile(scene, 20, 200);
  };
  await endAndAdopt(scene, "SIGKILL", { act, ends: host });
  return { ...loss, mayTearLine: true, mayCountWritten: true };
}

export const hostedAgentEvents: readonly BatteryEvent[] = [
  { name: "agent and extension host: kill -9", run: endWithExtensionHost },
  { name: "agent and built-in host: kill -9", run: endWithHost },
];

export const agentEvents: readonly BatteryEvent[] = [
  {
    name: "agent: kill -9",
    run: (scene) => (scene.topology.hosts === 0 ? endSingle : endAndAdopt)(scene, "SIGKILL"),
  },
  {
    name: "agent: stop",
    run: (scene) => (scene.topology.hosts === 0 ? endSingle : endAndAdopt)(scene, "SIGTERM"),
  },
  {
    name: "agent: freeze",
    async run(scene) {
      await freeze(scene, scene.agent.pid, [200, 2_500]);
      return NO_LOSS;
    },
  },
];
