import { it } from "node:test";
import type { Extension } from "../../src/proxylib/parser.ts";
import { cuts, ScriptedConnection, type ScriptedOptions } from "../../src/proxylib/testing/index.ts";
import { RemoteScriptedConnection } from "../../src/remote-parser/testing/remote-scripted-connection.ts";

/** What the sides say, in turns. Bytes are written as latin1. */
export type Steps = readonly (readonly ["client" | "server", string])[];

/** A talk between client and server through a parser. */
export interface Talk {
  readonly name: string;
  readonly steps: Steps;
}

/** Makes the connection of a talk. */
export type Connect = (extension: Extension, options?: ScriptedOptions) => ScriptedConnection;

export const connectInProcess: Connect = (extension, options) => new ScriptedConnection(extension, options);

const PLACES: Readonly<Record<string, Connect>> = {
  "in the process": connectInProcess,
  "in a host of its own": (extension, options) => new RemoteScriptedConnection(extension, options),
};

/**
 * Each talk as a test, on new connections: whole, byte by byte, and at random cuts, with the parser in this process and
 * behind the remote-parser protocol. `check` is told which way it was.
 */
export function talkTests<T extends Talk>(
  talks: readonly T[],
  open: (talk: T, connect: Connect) => ScriptedConnection,
  check: (talk: T, connection: ScriptedConnection, way: string) => void,
): void {
  for (const talk of talks) {
    it(talk.name, () => {
      // The same number of ways for every step: the n-th way of each is run together.
      const ways = talk.steps.map(([side, bytes], index) => ({ side, cuts: cuts(bytes, index + 1) }));
      for (const [place, connect] of Object.entries(PLACES)) {
        for (let way = 0; way < (ways[0]?.cuts.length ?? 0); way++) {
          const connection = open(talk, connect);
          for (const step of ways) {
            for (const piece of step.cuts[way]?.pieces ?? []) {
              if (step.side === "client") connection.fromClient(piece);
              else connection.fromServer(piece);
            }
          }
          check(talk, connection, `${ways[0]?.cuts[way]?.name}, ${place}`);
        }
      }
    });
  }
}
