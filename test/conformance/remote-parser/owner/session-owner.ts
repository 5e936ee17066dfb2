import { type Duplex, duplexPair } from "node:stream";
import type { StreamOpener } from "../../../../src/datapath/embedded/live-connection.ts";
import { composeOwner } from "./compose-owner.ts";
import type { StartOwner } from "./owner-process.ts";

/** The owner of weir without a process of its own. @param wrap See `composeOwner`. @param between What changes a stream. */
export function sessionOwner(
  wrap?: (opener: StreamOpener) => StreamOpener,
  between: (owner: Duplex) => Duplex = (stream) => stream,
): StartOwner {
  return (configuration) => {
    const pairs = Array.from({ length: configuration.hosts }, () => duplexPair());
    const composed = composeOwner(
      configuration,
      pairs.map(([owner]) => between(owner)),
      wrap,
    );
    return {
      streams: pairs.map(([, host]) => host),
      port: composed.then(({ port }) => port),
      change: (change) => void composed.then((owner) => owner.change(change)),
      async dispose() {
        await (await composed).stop();
        for (const stream of pairs.flat()) stream.destroy();
      },
    };
  };
}
