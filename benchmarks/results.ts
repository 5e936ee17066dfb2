import type { Machine } from "./machine.ts";
import type { MicroBenchmark as MatcherResult } from "./micro/matcher.ts";
import type { MicroResult } from "./micro/measure.ts";
import type { ScaleResult } from "./policy/scale.ts";
import type { ProxyResults } from "./proxy/suite.ts";

/** All that one run measured; what `--json` writes. */
export interface Results {
  readonly machine: Machine;
  /** undefined: left out. */
  readonly micro: readonly MicroResult[] | undefined;
  /** Matching alone, without the engine and a parser. */
  readonly matcher: readonly MatcherResult[] | undefined;
  /** What changes of policy and identities cost. */
  readonly policy: readonly ScaleResult[] | undefined;
  /** weir beside other proxies. */
  readonly proxy: ProxyResults | undefined;
  /** weir in one process and in several, beside one another. */
  readonly hosts: ProxyResults | undefined;
}
