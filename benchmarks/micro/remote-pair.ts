import type { Extension } from "../../src/proxylib/parser.ts";
import { createExtensionHostSession } from "../../src/remote-parser/extension-host-session.ts";
import { declarationOf } from "../../src/remote-parser/ready.ts";
import { createRemoteOwner } from "../../src/remote-parser/remote-owner.ts";
import { MemoryLink } from "./memory-link.ts";

const BUFFERED_BYTES_MAX = 16 * 1_048_576;

/** An extension whose parsers run behind the remote-parser protocol, both ends of it in this process. */
export class RemotePair {
  readonly extension: Extension;
  private readonly toHost: MemoryLink;
  readonly toOwner: MemoryLink;

  /** @param watch Sees all that goes to the host, before it gets there. */
  constructor(real: Extension, watch?: (bytes: Uint8Array) => void) {
    const owner = createRemoteOwner({
      now: () => performance.now(),
      bufferedBytesMax: BUFFERED_BYTES_MAX,
      connectionsMax: 10,
    });
    this.toOwner = new MemoryLink((bytes) => owner.receive(bytes));
    const host = createExtensionHostSession({ extensions: [real], link: this.toOwner });
    this.toHost = new MemoryLink((bytes) => {
      watch?.(bytes);
      host.receive(bytes);
    });
    this.extension = owner.extension(declarationOf(real));
    owner.up(this.toHost);
    this.deliver();
  }

  /** Carries frames to and fro until both sides are quiet. */
  deliver(): void {
    let busy = true;
    while (busy) {
      const atHost = this.toHost.deliver();
      const atOwner = this.toOwner.deliver();
      busy = atHost || atOwner;
    }
  }
}
