import type { ExtensionHostReport, HostReport } from "../../../src/api/rest.ts";
import { oneOf } from "../load/random.ts";
import { isAlive } from "../rig/process-table.ts";
import { until } from "../rig/until.ts";
import { type BatteryEvent, type Loss, NO_LOSS, type Scene } from "./event.ts";
import { freeze } from "./pause.ts";
import { portsOf, takeDown } from "./take-down.ts";

async function someHost(scene: Scene): Promise<HostReport> {
  return oneOf(scene.random, await scene.agent.hosts());
}

async function someExtensionHost(scene: Scene): Promise<ExtensionHostReport & { readonly host: number }> {
  const host = await someHost(scene);
  const extensionHost = host.extensionHosts[0];
  if (extensionHost === undefined) throw new Error(`host ${host.index} runs no extension host`);
  return { ...extensionHost, host: host.index };
}

/** Ends a built-in host, and waits for the next one. */
async function endHost(scene: Scene, signal: NodeJS.Signals): Promise<Loss> {
  const host = await someHost(scene);
  const loss = takeDown(scene, host, portsOf(scene, await scene.agent.status()), signal);
  await until(`host ${host.index} to be started again`, async () => {
    const now = (await scene.agent.hosts())[host.index];
    return now?.state === "running" && now.pid !== host.pid && !isAlive(host.pid);
  });
  return loss;
}

/** Ends what runs the extension: its connections wait for another one, and go on. */
async function endExtensionHost(scene: Scene, signal: NodeJS.Signals): Promise<Loss> {
  const { pid, host, connections } = await someExtensionHost(scene);
  scene.say(`${signal} to the extension host of host ${host}, process ${pid}, with ${connections} connections`);
  process.kill(pid, signal);
  await startedAgain(scene, host, pid);
  return NO_LOSS;
}

async function startedAgain(scene: Scene, host: number, pid: number): Promise<void> {
  await until(`the extension host of host ${host} to be started again`, async () => {
    const now = (await scene.agent.hosts())[host]?.extensionHosts[0];
    return now?.state === "running" && now.pid !== pid && !isAlive(pid);
  });
}

export const hostEvents: readonly BatteryEvent[] = [
  { name: "built-in host: kill -9", run: (scene) => endHost(scene, "SIGKILL") },
  { name: "built-in host: stop", run: (scene) => endHost(scene, "SIGTERM") },
  {
    name: "built-in host: freeze",
    async run(scene) {
      await freeze(scene, (await someHost(scene)).pid, [200, 1_500]);
      return NO_LOSS;
    },
  },
  { name: "extension host: kill -9", run: (scene) => endExtensionHost(scene, "SIGKILL") },
  { name: "extension host: stop", run: (scene) => endExtensionHost(scene, "SIGTERM") },
  {
    name: "extension host: freeze",
    async run(scene) {
      await freeze(scene, (await someExtensionHost(scene)).pid, [100, 700]);
      return NO_LOSS;
    },
  },
  {
    // Nothing lets it go on: whoever watches it must end it.
    name: "extension host: freeze for ever",
    async run(scene) {
      const { pid, host } = await someExtensionHost(scene);
      process.kill(pid, "SIGSTOP");
      scene.say(`process ${pid}, the extension host of host ${host}, is frozen`);
      await startedAgain(scene, host, pid);
      return NO_LOSS;
    },
  },
];
