import type { RequestMatcher } from "../policy/endpoint-policy.ts";
import type { FrameWriter } from "./frame-writer.ts";
import type { RecordBudget } from "./record-budget.ts";
import type { RuleSet } from "./rule-sets.ts";

/** A connection, as whoever has the link knows it. */
export interface Served {
  /** It may send now. */
  poke(): void;
}

/** What a connection needs of the link to its host. */
export interface OwnerServices {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Of the extension host. */
  readonly recordBudget: RecordBudget;
  frame(type: number, connection: number): FrameWriter;
  end(): void;
  /** Whether the connection may send now; if not, it is poked when it may. */
  maySend(connection: Served): boolean;
  /** Bytes of DATA that the host has room for, at most `wanted`; where it is less, the connection is poked when there is more. */
  room(connection: Served, wanted: number): number;
  /** A DATA of this length was sent. @returns Its place among all. */
  take(length: number): number;
  /** The host has taken `frames` DATA with these bytes. */
  giveBack(bytes: number, frames: number): void;
  /** The host has so many more answers to give than before. */
  working(answers: number): void;
  /** Decisions that wait for slow receivers, over all connections. Slow. */
  readonly queuedBytes: number;
  nextNumber(connection: Served): number;
  /** Rules that the host knows when what is written next reaches it. Throws ConnectionRefused where they are too many. */
  useRules(extension: string, matcher: RequestMatcher): RuleSet;
  releaseRules(extension: string, rules: RuleSet): void;
  /** The connection is over. */
  forget(connection: Served): void;
}
