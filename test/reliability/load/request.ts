import { hashOf } from "./random.ts";

/**
 * What is asked. `put` carries a body, `fetch` gets one back. `sealed` is a put whose end says whether it is allowed: all
 * of it is undecided until its last byte. `later` is a put that is decided by a promise.
 */
export type Command = "put" | "fetch" | "sealed" | "later";

/** One request. It follows from the seed, the connection and its place there: nobody has to tell anybody. */
export interface Asked {
  readonly connection: number;
  /** From 0 in its connection. A pair is one that carries a body, and one that fetches the same. */
  readonly sequence: number;
  readonly pair: number;
  readonly command: Command;
  readonly allowed: boolean;
  /** Of the body. */
  readonly length: number;
}

/** How a connection ends if nothing breaks it: `cut` in the middle of a request that begins behind the others. */
export interface Ending {
  /** Requests that are made whole. */
  readonly requests: number;
  readonly how: "end" | "cut-before-decision" | "cut-in-body";
  /** Share of what is sent of the last one. */
  readonly share: number;
}

export interface LoadShape {
  readonly seed: number;
  /** Kinds that carry a body. */
  readonly commands: readonly Command[];
  /** One of so many pairs is denied. */
  readonly deniedEvery: number;
  /** Requests of a connection, at most. */
  readonly requestsMax: number;
}

export const BODY_BYTES_MAX = 1_000_000;
/** Undecided, it must fit into what the engine holds of one direction. */
const SEALED_BYTES_MAX = 400_000;

export function askedAt(shape: LoadShape, connection: number, sequence: number): Asked {
  const pair = sequence >> 1;
  const hash = (what: number): number => hashOf(shape.seed, what, connection, pair);
  const carrying = shape.commands[hash(10) % shape.commands.length] as Command;
  const length = lengthFrom(hash(11), hash(12));
  return {
    connection,
    sequence,
    pair,
    command: sequence % 2 === 1 ? "fetch" : carrying,
    allowed: hash(13) % shape.deniedEvery !== 0,
    length: carrying === "sealed" ? Math.min(length, SEALED_BYTES_MAX) : length,
  };
}

/** Most are small, and most bytes are in large ones. */
function lengthFrom(kind: number, size: number): number {
  const share = kind % 100;
  if (share < 60) return size % 200;
  if (share < 90) return 1_000 + (size % 15_000);
  if (share < 99) return 16_000 + (size % 240_000);
  return 256_000 + (size % (BODY_BYTES_MAX - 256_000));
}

export function endingOf(shape: LoadShape, connection: number): Ending {
  const hash = (what: number): number => hashOf(shape.seed, what, connection);
  const how = (["end", "end", "cut-before-decision", "cut-in-body"] as const)[hash(20) % 4] as Ending["how"];
  return {
    // Even: a pair is whole.
    requests: 2 * Math.floor((10 + (hash(21) % shape.requestsMax)) / 2),
    how,
    share: (1 + (hash(22) % 98)) / 100,
  };
}
