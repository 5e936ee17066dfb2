import type { Load } from "../load/protocol.ts";

/** What the upstream's process is told when it starts. */
export interface UpstreamBegin {
  readonly load: Load;
  readonly host: string;
  /** 0: the kernel chooses. */
  readonly port: number;
  readonly arrivals: string;
  readonly problems: string;
}

/** One line of the file of problems. */
export interface UpstreamProblem {
  /** -1: it is not known whose. */
  readonly connection: number;
  /** No wrong byte: allowed where the client's connection broke as well. */
  readonly soft: boolean;
  readonly text: string;
}

export interface UpstreamListening {
  readonly port: number;
}
