import type { Socket } from "node:net";
import type { Extension } from "../proxylib/parser.ts";
import { createExtensionHostSession } from "../remote-parser/extension-host-session.ts";

/** The owner is not a weir of this version, or not a weir: nothing that it sends can be understood. */
const EXIT_PROTOCOL = 2;

/** Runs extensions for the owner at the other end of a channel, until it closes. */
export function serveExtensions(channel: Socket, extensions: readonly Extension[], first: Uint8Array): void {
  const session = createExtensionHostSession({
    extensions,
    link: {
      send: (frames) => channel.write(frames),
      // Behind everything that has arrived together: its answers leave in one write.
      atTurnEnd: (flush) => void setImmediate(flush),
      broken(reason) {
        process.stderr.write(`the owner broke the protocol: ${reason}\n`, () => process.exit(EXIT_PROTOCOL));
      },
    },
  });
  channel.on("drain", () => session.drained()).on("data", (bytes: Buffer) => session.receive(bytes));
  session.receive(first);
  channel.resume();
}
