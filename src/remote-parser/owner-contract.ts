import type { ExtensionDeclaration } from "../api/extension.ts";
import type { Extension } from "../proxylib/parser.ts";
import type { RemoteLink } from "./link.ts";

/** What an owner is made of. Nothing in here does I/O: time is handed in. */
export interface RemoteOwnerOptions {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Bytes sent to the host and not yet looked at, over all connections. */
  readonly bufferedBytesMax: number;
  /** Above, connections are refused. */
  readonly connectionsMax: number;
  /** Undecided bytes of one direction, as the engine's own limit. Told to the host. Default: that of the engine. */
  readonly undecidedBytesMax?: number;
  /**
   * The host has said what it has loaded; connections begin or go on. Called after every `up`.
   *
   * @param extensions As the host declares them: not to be trusted more than the host is.
   */
  readonly onReady?: (extensions: readonly ExtensionDeclaration[]) => void;
}

/** What the host is working on, for whoever watches it. */
export interface RemoteWork {
  readonly extension: string;
  /** Id of the connection. */
  readonly connection: number;
  /** For how long, in milliseconds: since it was given to the host, or since the host worked off anything before it. */
  readonly forMs: number;
}

/**
 * The side that has the sockets, for one extension host. It outlives the host: `up` with a new link begins where the
 * connections are.
 *
 * `up` → `receive`… → `down` → `up` → …
 */
export interface RemoteOwner {
  /**
   * An extension whose parsers live in the host. Give it to the engine's registry in place of the real one.
   *
   * @param declaration As the agent has checked it. The host's own is compared with it: where the fields are others,
   * connections are refused.
   */
  extension(declaration: ExtensionDeclaration): Extension;
  /** A stream to a new host process stands. Sends HELLO, and everything else once the host is ready. */
  up(link: RemoteLink): void;
  /** Bytes from the host, in any pieces. They may be used again after the call. */
  receive(bytes: Uint8Array): void;
  /** The link takes bytes again after `send` gave false. */
  drained(): void;
  /**
   * The stream has ended. Connections whose extension can resume wait for the next `up`; the others are closed, with a
   * record. `reason` says what became of the host: "ended with SIGKILL".
   */
  down(reason: string): void;
  /** Closes every connection of this host with a record that gives the reason: no host comes back, or waiting took too long. */
  closeAll(reason: string): void;
  /** Policy, or who is who, may have changed: tells the host at once, not with the next bytes. */
  policyChanged(): void;
  /** Settles when the host decides by all that `policyChanged` has told; at once where there is no host. Never rejects. */
  settled(): Promise<void>;
  /** The oldest piece of work that the host has not answered. undefined: it owes nothing. For the watchdog. */
  readonly work: RemoteWork | undefined;
  /** Closes connections whose extension owes a promise for longer than this, with a record. @returns How many. */
  closeUnanswered(answerMs: number): number;
  /** Why the present host gets no connection of an extension, one sentence for each that it does not declare as it must. */
  readonly differences: readonly string[];
  /** The host has answered HELLO, and has not ended since. */
  readonly ready: boolean;
  readonly connections: number;
  /** By extension: records that were left out because it logged more than it may, whichever process it was. */
  readonly recordsDropped: ReadonlyMap<string, number>;
  /** Sent to the host and not yet looked at. */
  readonly bufferedBytes: number;
}
