import type { ProtocolName } from "../load/protocol.ts";
import { oneOf } from "../load/random.ts";
import { type BatteryEvent, type Loss, NO_LOSS, type Scene, type Side } from "./event.ts";
import { freeze } from "./pause.ts";

async function end(scene: Scene, signal: NodeJS.Signals): Promise<Loss> {
  const [protocol, { upstream }] = choose(scene);
  scene.say(`${signal} to the upstream of ${protocol}, process ${upstream.pid}`);
  upstream.kill(signal);
  await upstream.ended();
  await upstream.start();
  // Where weir finds no server, it resets a connection so soon that the client may never see it open.
  return { mayBreak: (name) => name === protocol, mayRefuse: (name) => name === protocol };
}

function choose(scene: Scene): [ProtocolName, Side] {
  return oneOf(scene.random, [...scene.protocols]);
}

export const upstreamEvents: readonly BatteryEvent[] = [
  { name: "upstream: kill -9", run: (scene) => end(scene, "SIGKILL") },
  { name: "upstream: stop", run: (scene) => end(scene, "SIGTERM") },
  {
    name: "upstream: freeze",
    async run(scene) {
      await freeze(scene, choose(scene)[1].upstream.pid, [200, 1_500]);
      return NO_LOSS;
    },
  },
];
