// `npm run demo`: the Rebels' memcached, told in the terminal. A real memcached, a real `weir agent`, and each workload a
// process of its own with an ordinary client library. Ends by itself; the exit code is 0 only if every attempt went as
// the policy says.
//   npm run demo -- --stay            leaves everything running until Ctrl-C
//   npm run demo -- --policy FILE     tells the same story under another policy: what would change?
//   npm run demo -- --tiny            does without a real memcached
import { parseArgs } from "node:util";
import { AccessLogFollower } from "./access-log.ts";
import { type Cache, startCache } from "./cache.ts";
import { startWeir, type Weir } from "./demo-agent.ts";
import { judge } from "./judge.ts";
import { failure, faint, long, note, type Outcome, outcome, print, scene, step, title } from "./screen.ts";
import { STORY } from "./story.ts";
import { Workload } from "./workload.ts";

const { values: options } = parseArgs({
  options: {
    stay: { type: "boolean", default: false },
    tiny: { type: "boolean", default: false },
    policy: { type: "string" },
  },
});

/** Lets every workload try what it has to try. */
async function tellStory(weir: Weir, log: AccessLogFollower, end: AbortSignal): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  title("What they try, what comes of it, and the rule that decided");
  for (const { who, address, may, attempts } of STORY) {
    scene(who, address, may);
    await using workload = new Workload(address, weir.listen);
    for (const attempt of attempts) {
      end.throwIfAborted();
      const result = await judge(attempt, who, workload, log);
      outcome(result);
      outcomes.push(result);
    }
  }
  const errors = (seen: Outcome["seen"]): string =>
    [
      ...new Set(
        outcomes.flatMap((result) => (result.seen === seen && result.error !== undefined ? [result.error] : [])),
      ),
    ].join(", ");
  print();
  print(`What the clients' library made of it: denied is "${errors("denied")}", and their`);
  print(`connection goes on; refused is "${errors("reset")}".`);
  return outcomes;
}

function printAccessLog(log: AccessLogFollower): void {
  title("The access log has every decision, one JSON record a line. For example:");
  const wanted = [
    log.records.findIndex((record) => record.type === "Request" && record.source.endpoint === "fleet-monitoring"),
    log.records.findIndex((record) => record.type === "Denied" && record.source.endpoint === "fleet-monitoring"),
  ];
  for (const index of wanted) long(log.lines[index] ?? "");
}

function printCommands(weir: Weir): void {
  const config = `--config ${weir.configFile}`;
  title("It stays until you press Ctrl-C. In another terminal, in this folder, try:");
  for (const command of [
    `node bin/weir.mjs status ${config}`,
    `node bin/weir.mjs monitor -t l7 ${config}`,
    `node bin/weir.mjs policy get ${config}`,
    `node bin/weir.mjs endpoint list ${config}`,
    `node bin/node24.mjs examples/demo/ask.ts 127.0.1.2 ${weir.listen} get alliance/fleet/red-five`,
    `node bin/node24.mjs examples/demo/ask.ts 127.0.1.2 ${weir.listen} set alliance/fleet/red-five stolen`,
  ]) {
    print(command);
  }
  print();
  faint(`Change ${weir.policyFile} and see what happens: it is read again at once.`);
  print();
}

/** Aborts on Ctrl-C and the like, so that everything that was started is ended in order; the second one is not waited for. */
function wishToEnd(): AbortSignal {
  const wish = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => wish.abort());
  return wish.signal;
}

async function run(end: AbortSignal): Promise<boolean> {
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
  const outcomes = await tellStory(weir, log, end);
  printAccessLog(log);
  const all = outcomes.length;
  const good = outcomes.filter((result) => result.faults.length === 0).length;
  print();
  if (good === all) step(`${all} of ${all} attempts went as the policy says.`);
  else failure(`${all - good} of ${all} attempts did not go as the policy says (✖ above).`);
  if (options.stay) {
    printCommands(weir);
    await new Promise((resolve) => end.addEventListener("abort", resolve));
  }
  return good === all;
}

const end = wishToEnd();
try {
  process.exitCode = (await run(end)) ? 0 : 1;
} catch (error) {
  failure(end.aborted ? "ended before the story was told" : error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
print();
