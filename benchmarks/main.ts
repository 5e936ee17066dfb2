// Measures the parsers through the engine, and weir beside other proxies in one run. See docs/benchmarks.md.
import { writeFileSync } from "node:fs";
import { type BenchArguments, type Part, readArguments, USAGE } from "./arguments.ts";
import { formatSections, updateDocument } from "./document.ts";
import { HOSTS_GROUPS } from "./hosts/groups.ts";
import { describeMachine } from "./machine.ts";
import { cassandraBenchmarks } from "./micro/cassandra.ts";
import { matcherBenchmarks } from "./micro/matcher.ts";
import { measureAll } from "./micro/measure.ts";
import { memcachedBenchmarks } from "./micro/memcached.ts";
import { r2d2Benchmarks } from "./micro/r2d2.ts";
import { recordBenchmarks } from "./micro/records.ts";
import { remoteBenchmarks } from "./micro/remote.ts";
import { ruleBenchmarks } from "./micro/rules.ts";
import { scaleBenchmarks } from "./policy/scale.ts";
import { PROXY_GROUPS } from "./proxy/groups.ts";
import { runSuite } from "./proxy/suite.ts";
import type { Results } from "./results.ts";

const ROUNDS = { micro: 15, sideBySide: 9 };
const ROUNDS_QUICK = 1;

/** Runnable processes in the minute before. Above, even CPU times are up to twice what they are on a quiet machine. */
const LOAD_AVERAGE_MAX = 1;

/** Progress goes to stderr, results to stdout. */
function tell(message: string): void {
  console.error(message);
}

async function run(options: BenchArguments): Promise<Results> {
  const machine = describeMachine();
  if (machine.loadAverage > LOAD_AVERAGE_MAX) {
    const problem = `other programs are busy (load average ${machine.loadAverage}): the figures would mean little`;
    if (options.updateDocs) throw new Error(`${problem}; the tables are not rewritten, try again on a quiet machine`);
    tell(`Take care: ${problem}.`);
  }
  const { quick } = options;
  const roundsOf = (part: keyof typeof ROUNDS): number => options.rounds ?? (quick ? ROUNDS_QUICK : ROUNDS[part]);
  let micro: Results["micro"];
  let matcher: Results["matcher"];
  const wanted = (part: Part): boolean => options.only === undefined || options.only === part;
  if (wanted("micro")) {
    tell("Parsers, through the engine:");
    const benchmarks = [
      ...memcachedBenchmarks(),
      ...cassandraBenchmarks(),
      ...r2d2Benchmarks(),
      ...ruleBenchmarks(),
      ...remoteBenchmarks(),
      ...recordBenchmarks(),
    ];
    micro = measureAll(benchmarks, {
      rounds: roundsOf("micro"),
      turnMs: quick ? 1 : 200,
      warmupMs: quick ? 1 : 300,
      tell,
    });
    tell("Matching alone:");
    matcher = await matcherBenchmarks();
  }
  let policy: Results["policy"];
  if (wanted("policy")) {
    tell("Changes of policy and identities:");
    policy = await scaleBenchmarks({ quick, tell });
  }
  const times = quick ? { warmupMs: 20, measureMs: 50 } : { warmupMs: 300, measureMs: 1_000 };
  const sideBySide = { rounds: roundsOf("sideBySide"), ...times, tell };
  let proxy: Results["proxy"];
  if (wanted("proxy")) {
    tell("Proxies, side by side:");
    proxy = await runSuite(PROXY_GROUPS, sideBySide);
  }
  let hosts: Results["hosts"];
  if (wanted("hosts")) {
    tell("weir in one process and in several, side by side:");
    hosts = await runSuite(HOSTS_GROUPS, sideBySide);
  }
  return { machine, micro, matcher, policy, proxy, hosts };
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  // `exit` handlers end what was started.
  process.once(signal, () => process.exit(1));
}

function fail(error: unknown, help = ""): never {
  console.error(`${(error as Error).message}\n${help}`);
  process.exit(2);
}

let options: BenchArguments;
let results: Results;
try {
  options = readArguments(process.argv.slice(2));
} catch (error) {
  fail(error, `\n${USAGE}`);
}
try {
  results = await run(options);
} catch (error) {
  fail(error);
}
for (const [name, text] of formatSections(results)) {
  // A quick run says nothing about targets.
  if (name !== "targets" || !options.quick) console.log(`\n## ${name}\n\n${text}`);
}
if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, `${JSON.stringify(results, undefined, 1)}\n`);
if (options.updateDocs) updateDocument(results);
if ([results.proxy, results.hosts].some((part) => part !== undefined && part.failures.length > 0)) process.exitCode = 1;
