// `npm run demo`: the Rebels' memcached, told in the terminal. A real memcached, a real `weir agent`, and each workload a
// process of its own with an ordinary client library. Ends by itself; the exit code is 0 only if every attempt went as
// the policy says.
//   npm run demo -- --stay            leaves everything running until Ctrl-C
//   npm run demo -- --policy FILE     tells the same story under another policy: what would change?
//   npm run demo -- --tiny            does without a real memcached
import { parseArgs } from "node:util";
import { AccessLogFollower } from "./access-log.ts";
import { type Cache, startCache } from "./cache.ts";
import type { ClientResult } from "./client.ts";
import { startWeir, type Weir } from "./demo-agent.ts";
import { judge } from "./judge.ts";
import { runDemo, untilEnd } from "./run-demo.ts";
import { long, note, print, step, title } from "./screen.ts";
import { type Attempt, STORY } from "./story.ts";
import { tellCommands } from "./tell-commands.ts";
import { type Actor, errorsOf, type Scene, tellResult, tellStory } from "./tell-story.ts";
import { Workload } from "./workload.ts";

const CLIENT = new URL("client.ts", import.meta.url);

const { values: options } = parseArgs({
  options: {
    stay: { type: "boolean", default: false },
    tiny: { type: "boolean", default: false },
    policy: { type: "string" },
  },
});

/** A workload of the story, which an ordinary client library speaks for. */
function enter({ who, address }: Scene<Attempt>, weir: Weir, log: AccessLogFollower): Actor<Attempt> {
  const workload = new Workload<Attempt, ClientResult>(CLIENT, address, weir.listen);
  return {
    attempt: (attempt) => judge(attempt, who, workload, log),
    [Symbol.asyncDispose]: () => workload[Symbol.asyncDispose](),
  };
}

function printAccessLog(log: AccessLogFollower): void {
  title("The access log has every decision, one JSON record a line. For example:");
  const wanted = [
    log.records.findIndex((record) => record.type === "Request" && record.source.endpoint === "fleet-monitoring"),
    log.records.findIndex((record) => record.type === "Denied" && record.source.endpoint === "fleet-monitoring"),
  ];
  for (const index of wanted) long(log.lines[index] ?? "");
}

function commandsFor(weir: Weir): readonly string[] {
  const ask = `node bin/node24.mjs examples/demo/ask.ts 127.0.1.2 ${weir.listen}`;
  return [`${ask} get alliance/fleet/red-five`, `${ask} set alliance/fleet/red-five stolen`];
}

async function run(end: AbortSignal): Promise<number> {
  title("weir: the Rebels' memcached");
  print("The Rebel Alliance keeps the positions of its fleet in one memcached, and everybody can reach it.");
  print("The policy examples/policies/memcached-rebels.yaml says who may do what; weir reads the protocol");
  print("and enforces it request by request. On this machine, each 127.x.y.z address is one workload.");
  print();
  await using cache: Cache = await startCache(options.tiny);
  (cache.real ? step : note)(cache.description);
  await using weir = await startWeir(cache, options.policy);
  step(`weir agent, ready: clients reach that memcached through ${weir.listen}`);

  const log = new AccessLogFollower(weir.accessLogFile);
  const outcomes = await tellStory(STORY, (scene) => enter(scene, weir, log), end);
  print();
  print(`What the clients' library made of it: denied is "${errorsOf(outcomes, "denied")}", and their`);
  print(`connection goes on; refused is "${errorsOf(outcomes, "reset")}".`);
  printAccessLog(log);
  const good = tellResult(outcomes);
  if (options.stay) {
    tellCommands(weir, commandsFor(weir));
    await untilEnd(end);
  }
  return good ? 0 : 1;
}

await runDemo(run);
