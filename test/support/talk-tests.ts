import { it } from "node:test";
import { cuts, type ScriptedConnection } from "../../src/proxylib/testing/index.ts";

/** What the sides say, in turns. Bytes are written as latin1. */
export type Steps = readonly (readonly ["client" | "server", string])[];

/** A talk between client and server through a parser. */
export interface Talk {
  readonly name: string;
  readonly steps: Steps;
}

/** Each talk as a test, on new connections: whole, byte by byte, and at random cuts. `check` is told which way it was. */
export function talkTests<T extends Talk>(
  talks: readonly T[],
  open: (talk: T) => ScriptedConnection,
  check: (talk: T, connection: ScriptedConnection, way: string) => void,
): void {
  for (const talk of talks) {
    it(talk.name, () => {
      // The same number of ways for every step: the n-th way of each is run together.
      const ways = talk.steps.map(([side, bytes], index) => ({ side, cuts: cuts(bytes, index + 1) }));
      for (let way = 0; way < (ways[0]?.cuts.length ?? 0); way++) {
        const connection = open(talk);
        for (const step of ways) {
          for (const piece of step.cuts[way]?.pieces ?? []) {
            if (step.side === "client") connection.fromClient(piece);
            else connection.fromServer(piece);
          }
        }
        check(talk, connection, ways[0]?.cuts[way]?.name ?? "");
      }
    });
  }
}
