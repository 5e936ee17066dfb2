import type { Socket } from "node:net";
import type { RunningProcess } from "../support/child-process.ts";

/** How one talk goes: everything that a seed decides. */
export interface Manner {
  readonly seed: number;
  /** `late`: reads nothing before all is sent, or nothing more can be. `jerky`: stops and goes on at random. */
  readonly reads: "eager" | "late" | "jerky";
  /** Longest piece that is written at once. */
  readonly pieceMax: number;
  /** The server stands still now and then, each time until nothing moves any more. */
  readonly serverStops: boolean;
}

/** Turns of the event loop without progress after which nothing moves: everything between is full. */
const STUCK_TURNS = 200;
/** Small pieces that are written each for itself; what is left after them goes in larger ones. */
const SMALL_PIECES_MAX = 3_000;

export interface Heard {
  /** As latin1. */
  readonly text: string;
  readonly closed: boolean;
}

/**
 * Sends bytes and reads until `length` bytes have come or the connection ends; undefined: until it ends, and the stream
 * of the client ends behind its last byte.
 *
 * @param between Called now and then while the talk goes on.
 */
export async function talk(
  client: Socket,
  server: RunningProcess,
  bytes: Buffer,
  length: number | undefined,
  { seed, reads, pieceMax, serverStops }: Manner,
  between: () => void = () => undefined,
): Promise<Heard> {
  const random = generator(seed);
  const chunks: Buffer[] = [];
  let received = 0;
  let closed = false;
  client.on("data", (chunk) => {
    chunks.push(chunk);
    received += chunk.length;
  });
  client.on("close", () => {
    closed = true;
  });
  client.on("end", () => {
    closed = true;
    client.end();
  });
  if (reads !== "eager") client.pause();
  let offset = 0;
  let count = 0;
  let idleTurns = 0;
  let stopped = false;
  try {
    while (!closed && !(length !== undefined && received >= length)) {
      const progress = received + offset;
      if (offset < bytes.length && client.writableLength < 65_536) {
        const piece = 1 + Math.floor(random() * (count++ < SMALL_PIECES_MAX ? pieceMax : 65_536));
        client.write(bytes.subarray(offset, offset + piece));
        offset = Math.min(bytes.length, offset + piece);
      }
      if (offset === bytes.length && length === undefined && !client.writableEnded) client.end();
      if (random() < 0.01) between();
      if (stopped ? idleTurns > STUCK_TURNS : serverStops && random() < 0.01) {
        stopped = !stopped;
        idleTurns = 0;
        server.kill(stopped ? "SIGSTOP" : "SIGCONT");
      }
      await new Promise((resolve) => setImmediate(resolve));
      idleTurns = received + offset === progress ? idleTurns + 1 : 0;
      if (reads === "late" && idleTurns > STUCK_TURNS) client.resume();
      if (reads === "jerky" && random() < 0.1) {
        if (client.isPaused()) client.resume();
        else client.pause();
      }
    }
  } finally {
    if (stopped) server.kill("SIGCONT");
  }
  return { text: Buffer.concat(chunks).toString("latin1"), closed };
}

/** Numbers in [0, 1) (constants of Numerical Recipes). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
