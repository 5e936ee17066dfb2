import { memcache } from "../../src/parsers/memcached/parser.ts";
import type { RuleFields } from "./bench-connection.ts";
import type { MicroBenchmark } from "./benchmark.ts";
import { exchangeBenchmark } from "./exchange-benchmark.ts";
import { hit } from "./memcached.ts";

const COUNTS = [1, 100, 10_000];

/** The rule that fits every key that is asked, and one of the many that fit none. */
interface RuleKind {
  readonly name: string;
  readonly other: (index: number) => RuleFields;
  readonly fitting: RuleFields;
}

const KINDS: readonly RuleKind[] = [
  {
    name: "prefix",
    other: (index) => ({ command: "get", keyPrefix: `tenant-${index}/` }),
    fitting: { command: "get", keyPrefix: "key-" },
  },
  {
    name: "regex with a literal",
    other: (index) => ({ command: "get", keyRegex: `^tenant-${index}/[a-z]+$` }),
    fitting: { command: "get", keyRegex: "^key-[0-9]+$" },
  },
];

/** The whole way of a request and its answer, under more and more rules of which only the last fits; the keys vary. */
export function ruleBenchmarks(): readonly MicroBenchmark[] {
  return KINDS.flatMap((kind) =>
    COUNTS.map((count) => {
      const others = Array.from({ length: count - 1 }, (_, index) => kind.other(index));
      const rules = [...others, kind.fitting];
      return exchangeBenchmark({ name: ruleName(kind.name, count), extension: memcache, rules, ...hit() });
    }),
  );
}

function ruleName(kind: string, count: number): string {
  return `memcached get and hit, ${count.toLocaleString("en-US")} ${count === 1 ? "rule" : "rules"} (${kind})`;
}
