import { pathToFileURL } from "node:url";
import type { ExtensionDeclaration } from "../../src/api/extension.ts";
import type { Request } from "../../src/api/request.ts";
import type { RequestMatcher } from "../../src/policy/endpoint-policy.ts";
import { compileRequestMatcher } from "../../src/policy/request/compile.ts";

/** One figure: the median over rounds. */
export interface MicroBenchmark {
  readonly name: string;
  readonly unit: "ns/op";
  readonly value: number;
  readonly note?: string;
}

const SUBJECTS = 16_384;
const ROUNDS = 9;
/** One round lasts about this long. */
const ROUND_MS = 15;

const memcache: ExtensionDeclaration = {
  name: "memcache",
  version: "1.0.0",
  fields: {
    command: { oneOf: ["get", "set", "delete", "stats"], groups: { writeGroup: ["set", "delete"] } },
    keyExact: { exact: true, of: "key" },
    keyPrefix: { prefix: true, of: "key" },
    keyRegex: { regex: true, of: "key" },
  },
};

/** What a set of rules looks like: the rule of a number, and a key that fits that rule and no other. */
interface Shape {
  readonly name: string;
  readonly rule: (index: number) => Readonly<Record<string, string>>;
  readonly key: (index: number, subject: number) => string;
  /** Larger sets say nothing that a smaller one does not, and take minutes. */
  readonly rulesMax?: number;
}

/** Five digits, so that no number begins another; keys have twenty characters. */
function digits(value: number): string {
  return String(10_000 + value);
}

const SHAPES: readonly Shape[] = [
  {
    name: "prefix",
    rule: (index) => ({ command: "get", keyPrefix: `user:${digits(index)}:` }),
    key: (index, subject) => `user:${digits(index)}:${String(100_000_000 + subject)}`,
  },
  {
    name: "exact",
    rule: (index) => ({ command: "get", keyExact: `user:${digits(index)}:123456789` }),
    key: (index) => `user:${digits(index)}:123456789`,
  },
  {
    name: "regex, literal prefix",
    rule: (index) => ({ command: "get", keyRegex: `^user:${digits(index)}:[0-9]+$` }),
    key: (index, subject) => `user:${digits(index)}:${String(100_000_000 + subject)}`,
  },
  {
    name: "regex, literal within",
    rule: (index) => ({ command: "get", keyRegex: `[0-9]+:user${digits(index)}$` }),
    key: (index, subject) => `${String(100_000_000 + subject)}:user${digits(index)}`,
  },
  {
    name: "regex, no literal",
    rule: (index) => ({
      command: "get",
      keyRegex: `^[a-z]{${1 + (index % 10)}}[0-9]+[x-z]{${1 + Math.floor(index / 10)}}$`,
    }),
    key: (index, subject) =>
      "a".repeat(1 + (index % 10)) + String(100_000_000 + subject) + "x".repeat(1 + Math.floor(index / 10)),
    rulesMax: 100,
  },
];

/** Matching one request against 1, 100 and 10,000 rules: subjects vary, only the last rule fits or none does. */
export async function matcherBenchmarks(): Promise<readonly MicroBenchmark[]> {
  const results: MicroBenchmark[] = [];
  for (const shape of SHAPES) {
    for (const count of [1, 100, 10_000]) {
      if (count > (shape.rulesMax ?? count)) continue;
      const matcher = matcherOf(Array.from({ length: count }, (_, index) => shape.rule(index)));
      const last = requests((subject) => shape.key(count - 1, subject));
      const none = requests((subject) => `none:${digits(subject)}:123456789`);
      results.push(measure(`${shape.name}, ${count} rules, last fits`, matcher, last, true));
      results.push(measure(`${shape.name}, ${count} rules, none fits`, matcher, none, false));
    }
  }
  results.push(...shared());
  return results;
}

/** Many expressions that one condition does not tell apart, and many that nothing does but for decisions remembered. */
function shared(): readonly MicroBenchmark[] {
  const told = matcherOf(
    Array.from({ length: 10_000 }, (_, index) => ({
      command: ["get", "set", "delete", "stats"][index % 4]!,
      keyRegex: `^user:.*:end${digits(index)}$`,
    })),
  );
  const ends = requests((subject) => `user:${String(100_000_000 + subject)}:end19999`, "stats");
  const untold = SHAPES.find(({ name }) => name === "regex, no literal")!;
  const remembering = matcherOf(Array.from({ length: 1000 }, (_, index) => untold.rule(index)));
  const few = requests((subject) => untold.key(999, subject % 256));
  return [
    measure("regex, shared prefix, 10000 rules, last fits", told, ends, true),
    measure("regex, no literal, 1000 rules, remembered", remembering, few, true, "256 subjects"),
  ];
}

function matcherOf(rules: readonly Readonly<Record<string, string>>[]): RequestMatcher {
  return compileRequestMatcher(
    memcache,
    rules.map((fields, index) => ({ fields, origin: { policy: "bench", rule: `l7[${index}]`, labels: [] } })),
  );
}

/** Keys come out of a buffer, as they do from a connection: plain strings that were never looked at. */
function requests(key: (subject: number) => string, command = "get"): readonly Request[] {
  return Array.from({ length: SUBJECTS }, (_, subject) => ({
    command,
    key: Buffer.from(key(subject)).toString("latin1"),
  }));
}

function measure(
  name: string,
  matcher: RequestMatcher,
  subjects: readonly Request[],
  allowed: boolean,
  note?: string,
): MicroBenchmark {
  // Every round goes on where the last one ended: few subjects would be remembered.
  let next = 0;
  const run = (times: number): number => {
    const start = process.hrtime.bigint();
    for (let index = 0; index < times; index++) {
      if (matcher.match(subjects[next++ % SUBJECTS]!).allowed !== allowed) throw new Error(`${name}: wrong decision`);
    }
    return Number(process.hrtime.bigint() - start) / times;
  };
  // Warms up with every subject, then finds how many times make a round.
  run(SUBJECTS);
  let times = 64;
  let each = run(times);
  while (each * times < ROUND_MS * 1e6) {
    times *= 2;
    each = run(times);
  }
  const rounds = Array.from({ length: ROUNDS }, () => run(times)).sort((a, b) => a - b);
  const value = Math.round(rounds[ROUNDS >> 1]! * 10) / 10;
  return { name: `matcher: ${name}`, unit: "ns/op", value, ...(note === undefined ? {} : { note }) };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const { name, value, unit } of await matcherBenchmarks()) console.log(`${name.padEnd(60)} ${value} ${unit}`);
}
