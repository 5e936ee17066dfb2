import { Direction } from "../../src/proxylib/io.ts";
import type { Extension } from "../../src/proxylib/parser.ts";
import { BenchConnection, type RuleFields } from "./bench-connection.ts";
import type { MicroBenchmark } from "./benchmark.ts";

/** The pieces in which some requests and then their answers arrive. All exchanges of one benchmark have equal lengths. */
export interface Exchange {
  readonly request: readonly Buffer[];
  /** Empty: the request is denied, and the engine answers. */
  readonly reply: readonly Buffer[];
}

export interface ExchangeOptions {
  readonly name: string;
  readonly extension: Extension;
  readonly rules: readonly RuleFields[];
  /** What a connection begins with. It is not measured. */
  readonly before?: readonly Exchange[];
  /** Used in turn, over and over. */
  readonly exchanges: readonly Exchange[];
  /**
   * Changes the bytes of an exchange before it is used once more. So keys can vary over many values in a few buffers,
   * which lie in the processor's caches as those do that have just been read from a socket.
   */
  readonly vary?: () => void;
  /** Carries what an extension behind the remote-parser protocol was sent, and its answers, to the other side. */
  readonly deliver?: () => void;
  /** Requests within one exchange. Default: 1. */
  readonly requestsEach?: number;
  /** What the client gets where the policy denies. */
  readonly denialBytes?: number;
}

/** Requests and answers through the engine, cost per request. */
export function exchangeBenchmark(options: ExchangeOptions): MicroBenchmark {
  const { exchanges, before = [], vary, requestsEach = 1, denialBytes, deliver } = options;
  const connection = new BenchConnection(options.extension, options.rules);
  const { stream } = connection;
  const receive = (direction: Direction, pieces: readonly Buffer[]): void => {
    // By index: an iterator would count among the allocations.
    for (let at = 0; at < pieces.length; at++) {
      stream.receive(direction, pieces[at]!, false);
      deliver?.();
    }
  };
  const exchange = ({ request, reply }: Exchange): void => {
    receive(Direction.Original, request);
    receive(Direction.Reply, reply);
    connection.endTurn();
  };
  for (const one of before) connection.expect(lengthOf(one.request), lengthOf(one.reply), () => exchange(one));
  const requestBytes = denialBytes === undefined ? lengthOf(exchanges[0]!.request) : 0;
  const replyBytes = denialBytes ?? lengthOf(exchanges[0]!.reply);
  let turn = 0;
  return {
    name: options.name,
    unit: "request",
    run(count) {
      const batches = Math.ceil(count / requestsEach);
      connection.expect(batches * requestBytes, batches * replyBytes, () => {
        for (let batch = 0; batch < batches; batch++) {
          vary?.();
          exchange(exchanges[turn % exchanges.length]!);
          turn++;
        }
      });
      return batches * requestsEach;
    },
  };
}

export function lengthOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** The bytes in pieces of at most `size`. */
export function inPieces(bytes: Buffer, size: number): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}
