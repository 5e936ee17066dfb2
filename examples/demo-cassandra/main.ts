// `npm run demo:cassandra`: the Empire's Cassandra, told in the terminal. A real Cassandra, a real `weir agent`, and each
// workload a process of its own with an ordinary driver. Ends by itself; the exit code is 0 only if every attempt went as
// the policy says, and 2 if no Cassandra can be had.
//   npm run demo:cassandra -- --stay            leaves everything running until Ctrl-C
//   npm run demo:cassandra -- --policy FILE     tells the same story under another policy: what would change?
import { parseArgs } from "node:util";
import { AccessLogFollower } from "../demo/access-log.ts";
import type { Weir } from "../demo/demo-agent.ts";
import { Faults } from "../demo/outcome.ts";
import { runDemo, untilEnd } from "../demo/run-demo.ts";
import { failure, long, note, print, step, title } from "../demo/screen.ts";
import { tellCommands } from "../demo/tell-commands.ts";
import { type Actor, errorsOf, type Scene, tellResult, tellStory } from "../demo/tell-story.ts";
import { Workload } from "../demo/workload.ts";
import type { ClientResult } from "./client.ts";
import { startWeir } from "./demo-agent.ts";
import { judge } from "./judge.ts";
import { type Headquarters, startHeadquarters } from "./server.ts";
import { type Attempt, PLANS_AT_FIRST, RECORDS, STORY } from "./story.ts";

const CLIENT = new URL("client.ts", import.meta.url);
const NO_CASSANDRA = 2;

const { values: options } = parseArgs({
  options: { stay: { type: "boolean", default: false }, policy: { type: "string" } },
});

/** A workload of the story, for which an ordinary driver speaks. */
function enter({ who, address }: Scene<Attempt>, weir: Weir, log: AccessLogFollower): Actor<Attempt> {
  const workload = new Workload<Attempt, ClientResult>(CLIENT, address, weir.listen);
  return {
    attempt: (attempt) => judge(attempt, who, workload, log),
    [Symbol.asyncDispose]: () => workload[Symbol.asyncDispose](),
  };
}

/** What the server has in its tables in the end: whatever clients and log say, this is what was executed. */
async function countFaults(server: Headquarters): Promise<readonly string[]> {
  const [records, plans] = [await server.countRecords(), await server.countPlans()];
  const expected = STORY.flatMap(({ attempts }) => attempts).reduce((sum, { leaves }) => sum + leaves, 0);
  const faults = new Faults("the server's tables");
  faults.expect("the number of records", records, expected);
  faults.expect("the number of plans", plans, PLANS_AT_FIRST);
  print();
  for (const fault of faults.list) failure(fault);
  if (faults.list.length === 0) {
    step(`headquarters count ${records} records, the INSERTs that were allowed; the plans are as they were.`);
  }
  return faults.list;
}

function printAccessLog(log: AccessLogFollower): void {
  title("The access log has every decision, one JSON record a line. For example:");
  const recordsOf = (type: string): number =>
    log.records.findIndex(({ type: found, fields }) => found === type && fields["query_table"] === RECORDS);
  for (const index of [recordsOf("Request"), recordsOf("Denied")]) long(log.lines[index] ?? "");
}

function commandsFor(weir: Weir): readonly string[] {
  const ask = `node bin/node24.mjs examples/demo-cassandra/ask.ts 127.0.1.9 ${weir.listen}`;
  return [`${ask} "SELECT release_version FROM system.local"`, `${ask} "SELECT * FROM attendance.daily_records"`];
}

async function run(end: AbortSignal): Promise<number> {
  title("weir: the Empire's Cassandra");
  print("The Empire's headquarters keep who is present in Cassandra, in attendance.daily_records, and the");
  print("Death Star's plans beside it. Outposts are to report, and to know nothing. The policy");
  print("examples/policies/cassandra-empire.yaml says so; weir reads every statement and enforces it.");
  print("On this machine, each 127.x.y.z address is one workload.");
  print();
  note("starting a Cassandra, which takes a while");
  await using server = await startHeadquarters();
  if (server === undefined) {
    failure(
      "there is no Cassandra: it needs Java 17 to 23 (a development kit) and Maven, which fetches it. Install them,",
    );
    print("  or run this as root on Debian or Ubuntu, where they are installed for you.");
    return NO_CASSANDRA;
  }
  step(`Cassandra ${server.version}, a real one, on ${server.address}:${server.port}`);
  await using weir = await startWeir(server, options.policy);
  step(`weir agent, ready: clients reach that Cassandra through ${weir.listen}`);

  const log = new AccessLogFollower(weir.accessLogFile);
  const outcomes = await tellStory(STORY, (each) => enter(each, weir, log), end);
  const counts = await countFaults(server);
  print();
  print(`What the driver made of it: denied is "${errorsOf(outcomes, "denied")}", and its connection goes on;`);
  print(`refused is "${errorsOf(outcomes, "reset")}".`);
  printAccessLog(log);
  const good = tellResult(outcomes) && counts.length === 0;
  if (options.stay) {
    tellCommands(weir, commandsFor(weir));
    await untilEnd(end);
  }
  return good ? 0 : 1;
}

await runDemo(run);
