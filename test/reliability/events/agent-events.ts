import { oneOf } from "../load/random.ts";
import { listenPortOf } from "../rig/agent.ts";
import { type BatteryEvent, type Loss, NO_LOSS, type Scene } from "./event.ts";
import { answersMeanwhile, freeze } from "./pause.ts";

/** The data plane lives in the agent, and ends with it. */
function allLost(from: number, to: number): Loss {
  return { mayBreak: () => true, mayRefuse: () => true, recordsGone: { from, to } };
}

/** Lines of the access log wait so long, at most, before they are handed to the kernel. */
const UNWRITTEN_MS = 1_000;

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
  return signal === "SIGKILL" ? loss : { mayBreak: loss.mayBreak, mayRefuse: loss.mayRefuse };
}

/** Ends the agent, lets its hosts go on alone, and starts another one that must adopt them all. */
async function endAndAdopt(scene: Scene, signal: NodeJS.Signals, meanwhile?: () => Promise<void>): Promise<Loss> {
  const before = (await scene.agent.hosts()).map(({ pid }) => pid);
  const ports = await listenPorts(scene);
  await scene.agent.keepCounts();
  scene.agent.kill(signal);
  await scene.agent.ended();
  scene.say(`the agent has ended; hosts ${before.join(", ")} go on`);
  await answersMeanwhile(scene, 20, 400);
  await meanwhile?.();
  await startAgain(scene);
  const after = await scene.agent.hosts();
  const wrong = after.filter(({ pid, adopted }, index) => pid !== before[index] || !adopted);
  if (wrong.length > 0 || after.length !== before.length)
    throw new Error(`the agent did not adopt its hosts ${before.join(", ")}: ${JSON.stringify(after)}`);
  const portsNow = await listenPorts(scene);
  if (ports.join() !== portsNow.join())
    throw new Error(`the listeners of adopted hosts moved from ${ports.join(", ")} to ${portsNow.join(", ")}`);
  return NO_LOSS;
}

async function listenPorts(scene: Scene): Promise<readonly number[]> {
  const status = await scene.agent.status();
  return [...scene.protocols.keys()].map((protocol) => listenPortOf(status, protocol));
}

/** While nobody watches the hosts, one of them loses the process that its extension runs in. */
async function endWithExtensionHost(scene: Scene): Promise<Loss> {
  const extensionHost = oneOf(scene.random, await scene.agent.hosts()).extensionHosts[0];
  if (extensionHost === undefined) throw new Error("no extension host runs");
  return await endAndAdopt(scene, "SIGKILL", async () => {
    scene.say(`SIGKILL to the extension host ${extensionHost.pid}`);
    process.kill(extensionHost.pid, "SIGKILL");
    await answersMeanwhile(scene, 200, 600);
  });
}

export const hostedAgentEvents: readonly BatteryEvent[] = [
  { name: "agent and extension host: kill -9", run: endWithExtensionHost },
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
