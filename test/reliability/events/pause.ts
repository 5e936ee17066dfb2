import { setTimeout as delay } from "node:timers/promises";
import { between } from "../load/random.ts";
import type { Scene } from "./event.ts";

/** Stops a process for a while, as a debugger, a full disk or a starved machine would. */
export async function freeze(scene: Scene, pid: number, [fromMs, toMs]: readonly [number, number]): Promise<void> {
  const frozenMs = between(scene.random, fromMs, toMs);
  process.kill(pid, "SIGSTOP");
  try {
    await delay(frozenMs);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  scene.say(`process ${pid} was frozen for ${frozenMs} ms`);
}

/** So many requests of each protocol are answered meanwhile: a pause that is measured in work, not in time. */
export async function answersMeanwhile(scene: Scene, from: number, to: number): Promise<void> {
  const count = between(scene.random, from, to);
  await Promise.all([...scene.protocols.values()].map(({ clients }) => clients.order({ kind: "answers", count })));
}
