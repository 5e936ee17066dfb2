import type { Extension } from "../../../src/proxylib/parser.ts";
import { createExtensionHostSession } from "../../../src/remote-parser/extension-host-session.ts";
import type { HostStream } from "./host-under-test.ts";

/** The host of weir without a process of its own. @param alter What is made of what it sends. */
export function sessionHost(
  extensions: readonly Extension[],
  alter: (frames: Buffer) => Buffer = (frames) => frames,
): HostStream {
  const sent: Buffer[] = [];
  let ended = false;
  let wake = (): void => undefined;
  const end = (): void => {
    ended = true;
    wake();
  };
  const session = createExtensionHostSession({
    extensions,
    link: {
      send: (frames) => {
        sent.push(alter(Buffer.from(frames)));
        wake();
        return true;
      },
      atTurnEnd: (flush) => void setImmediate(flush),
      broken: end,
    },
  });
  async function* incoming(): AsyncGenerator<Buffer, undefined> {
    for (;;) {
      const next = sent.shift();
      if (next !== undefined) yield next;
      else if (ended) return undefined;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }
  return {
    write: (bytes) => {
      // Memory that is used again: nobody may keep it.
      const piece = Buffer.from(bytes);
      if (!ended) session.receive(piece);
      piece.fill(0xee);
    },
    // What is to be said is said within the turn.
    end: () => void setImmediate(() => setImmediate(end)),
    incoming: incoming(),
    dispose: async () => end(),
  };
}
