import type { Duplex } from "node:stream";

/** The first line that an owner is given: what it is to proxy, and for whom it asks. */
export interface OwnerConfiguration {
  /** Port of 127.0.0.1 that connections go on to. */
  readonly upstream: number;
  /** Name, version and fields of the extension that judges them. */
  readonly extension: string;
  readonly version: string;
  readonly fields: Readonly<Record<string, { readonly exact: true }>>;
  readonly rules: readonly OwnerRule[];
  /** Streams to hosts: the first at file descriptor 3, which the others follow. */
  readonly hosts: number;
  /** A host that owes an answer, and gives none for so long, is to be ended. */
  readonly stuckMs: number;
}

export interface OwnerRule {
  readonly fields: Readonly<Record<string, string>>;
  readonly deny?: true;
}

/** Each further line: other rules. */
export type OwnerChange = Pick<OwnerConfiguration, "rules">;

/** An owner that runs, whatever runs it. */
export interface RunningOwner {
  /** To its hosts, in the order in which it uses them. */
  readonly streams: readonly Duplex[];
  /** Port of 127.0.0.1 that it listens on. Rejects if it cannot be started. */
  readonly port: Promise<number>;
  change(change: OwnerChange): void;
  /** Ends whatever runs it. */
  dispose(): Promise<void>;
}

export type StartOwner = (configuration: OwnerConfiguration) => RunningOwner;
