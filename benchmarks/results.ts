import type { Machine } from "./machine.ts";
import type { MicroResult } from "./micro/measure.ts";
import type { ProxyResults } from "./proxy/suite.ts";

/** All that one run measured; what `--json` writes. */
export interface Results {
  readonly machine: Machine;
  /** undefined: left out. */
  readonly micro: readonly MicroResult[] | undefined;
  readonly proxy: ProxyResults | undefined;
}
